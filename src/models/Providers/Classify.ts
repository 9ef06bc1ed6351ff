import {
  ContextExceeded,
  ImagesRefused,
  InvalidRequest,
  ModelUnknown,
  Overloaded,
  type ProviderError,
  QuotaExhausted,
  RateLimited,
  Refused,
  ServerFailed,
  Unauthorized
} from "../../domain/ProviderError.ts"
import type { Complaint } from "./Complaint.ts"

/** What was asked, as far as a refusal may be about it. */
export interface Asked {
  readonly model: string
  readonly hasImages: boolean
  /** When the vendor asks to be tried again, told beside its words. */
  readonly retryAfterMs: number | null
  /** Makes a text fit to show. */
  readonly hide: (text: string) => string
}

const quota =
  /insufficient[_ ](quota|balance|credits?|funds)|billing|credit balance|exceeded your current quota|out of credits?|(spend|spending|usage) limit|payment required|arrearage|in good standing|quota.*exhausted/i
const context =
  /(prompt|input|request|conversation|messages?)( is| are)? too (long|large)|context[ _-]?(length|window|size|limit)|maximum (context|prompt)|exceed_context|input (token count|length).*exceed|too many (input )?tokens|reduce the length|context the overflows|tokens?,? which exceeds|exceeds? the model'?s? (token )?limit/i
const filtered =
  /content[_ ]?(policy|filter|management)|flagged|moderation|safety (system|filter|settings)|guardrail|responsible[ _]?ai|prohibited content|usage polic(y|ies)/i
const unknownModel =
  /model[_ ]not[_ ](found|exist)|no such model|(unknown|invalid) model|model_decommissioned|models?\b.{0,120}(does not exist|not exist|not found|not (currently )?available|no longer (available|supported)|isn't available|not a valid|is not supported|decommissioned|deprecated)|not a valid model|not_found_error model:|no access to model|not have access to (the )?model/i
const aboutImages = /image|vision|multi-?modal|mmproj|picture/i
const notTaken =
  /support|capab|accept|multi-?modal|mmproj|text[- ]only|unknown variant|not (allow|avail|enabl|permit|a vl)|no endpoints|requires? a vision/i
const rate =
  /rate[_ ]?limit|too many requests|throttl|resource_exhausted|tokens per (minute|day)|requests per (minute|day)/i
const busy =
  /overload|unavailable|capacity|timeout|timed out|loading model|model is (currently )?loading|try again later/i
const broken = /server_error|api_error|internal|upstream/i
// Gemini and xAI say it with 400, and so does LiteLLM, which asks its database for any key but its own.
const wrongKey = /(invalid|incorrect|wrong)[_ ]api[_ ]key|api[_ ]key[_ ](is )?(not valid|invalid)|no_db_connection/i
const key = /invalid[_ ]api[_ ]key|authentication|unauthori[sz]ed|permission|forbidden|incorrect api key|api key/i

const isBusy = (status: number) => [408, 425, 502, 503, 504, 529].includes(status) || (status >= 520 && status <= 527)

/**
 * What a complaint means. The words come before the status, for endpoints agree about words more than about statuses; a
 * pause comes before an empty account, for a quota that is free again in a minute is one.
 */
export const classify = ({ code, message, status }: Complaint, asked: Asked): ProviderError => {
  const { hide, model } = asked
  const said = `${code} ${message}`
  const retryAfterMs = asked.retryAfterMs ?? waitIn(message)
  const reason = hide(message) || (status === null ? "" : `the endpoint refused with status ${status}`)
  const is = (...statuses: ReadonlyArray<number>) => status !== null && statuses.includes(status)

  if (is(402) || (retryAfterMs === null && quota.test(said))) return new QuotaExhausted({ reason })
  // Of what is too large, pictures are the most.
  if (is(413) && asked.hasImages && !context.test(message)) return new InvalidRequest({ reason })
  if (is(413) || (context.test(said) && !/per (minute|min\b|day)/i.test(said)) || /request too large/i.test(said))
    return new ContextExceeded({ reason })
  if (is(429)) return new RateLimited({ retryAfterMs, reason })
  if (is(401) || wrongKey.test(said)) return new Unauthorized({ reason })
  if (filtered.test(said)) return new Refused({ finish: "filter", reason })
  if (unknownModel.test(said) && !(aboutImages.test(said) && asked.hasImages))
    return new ModelUnknown({ model, reason })
  if (asked.hasImages && aboutImages.test(said) && notTaken.test(said)) return new ImagesRefused({ reason })
  if (is(403)) return new Unauthorized({ reason })
  if (is(400, 404, 405, 406, 415, 422)) return new InvalidRequest({ reason })
  if (rate.test(said)) return new RateLimited({ retryAfterMs, reason })
  if ((status !== null && isBusy(status)) || busy.test(said)) return new Overloaded({ retryAfterMs, reason })
  if (status === null && key.test(said)) return new Unauthorized({ reason })
  if (status === null || status >= 500 || broken.test(said)) return new ServerFailed({ retryAfterMs, reason })
  return new InvalidRequest({ reason })
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const wait = /(?:try again|retry|wait|retrydelay)[^.;]{0,20}?((?:\d+(?:\.\d+)?\s*(?:ms|s|m|h)[a-z]*\s*)+)/i
const amount = /(\d+(?:\.\d+)?)\s*(ms|s|m|h)/gi

/** "Please try again in 1m30.5s": in milliseconds; null where the words tell no time. */
const waitIn = (message: string) => {
  const told = wait.exec(message)?.[1]
  if (told === undefined) return null
  const sum = [...told.matchAll(amount)].reduce((total, [, number, unit]) => {
    const name = unit?.toLowerCase()
    return total + Number(number) * (name === "ms" || name === "s" || name === "m" || name === "h" ? units[name] : 0)
  }, 0)
  return Math.ceil(sum)
}
