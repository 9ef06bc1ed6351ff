import { Clock, Effect, Option, Schema } from "effect"
import {
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  SessionLost,
  Unauthorized
} from "../../../domain/ProviderError.ts"
import * as Body from "./Body.ts"
import type { Answer } from "./Transport.ts"

export interface Circumstances {
  /** Makes a text fit to show. */
  readonly hide: (text: string) => string
  /** The session was told something before. */
  readonly isResumed: boolean
}

const Message = Schema.Struct({ message: Schema.String })
const Explained = Schema.parseJson(
  Schema.Union(
    Schema.Struct({ error: Schema.Union(Message, Schema.String) }),
    Message,
    Schema.Struct({ detail: Schema.String })
  )
)

/** The reason in a body of any of the kinds that endpoints send. */
const reasonIn = (body: string) =>
  Option.match(Schema.decodeOption(Explained)(body), {
    onNone: () => body,
    onSome: (found) => {
      if ("detail" in found) return found.detail
      const error = "error" in found ? found.error : found
      return typeof error === "string" ? error : error.message
    }
  })

const largestReason = 65_536

// An endpoint that refuses and then falls silent has refused all the same.
const reasonOf = (answer: Answer) =>
  Body.text(answer, largestReason).pipe(
    Effect.timeoutTo({ duration: "1 second", onSuccess: reasonIn, onTimeout: () => "" }),
    Effect.orElseSucceed(() => "")
  )

/** When the provider asks to be tried again. */
const retryAfter = ({ headers }: Answer) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const precise = Number.parseFloat(String(headers["retry-after-ms"]))
    if (precise >= 0) return Math.ceil(precise)
    const asked = String(headers["retry-after"] ?? "").trim()
    if (/^\d+(\.\d+)?$/.test(asked)) return Math.ceil(Number(asked) * 1000)
    const until = Date.parse(asked)
    return Number.isNaN(until) ? null : Math.max(0, until - now)
  })

const tooLong = /prompt is too long|context[ _-]?(length|window|size|limit)|maximum context/i

/** What an answer that is not a success means. */
export const refusal = Effect.fnUntraced(function* (answer: Answer, { hide, isResumed }: Circumstances) {
  const { status } = answer
  if (status === 401 || status === 403) return new Unauthorized()
  if (status === 429) return new RateLimited({ retryAfterMs: yield* retryAfter(answer) })
  if (status >= 500 || status === 408) return new Overloaded({ retryAfterMs: yield* retryAfter(answer) })
  const said = hide(yield* reasonOf(answer))
  const reason = said === "" ? `the endpoint refused with status ${status}` : said
  const isTooLarge = status === 413 || tooLong.test(said)
  return (isTooLarge && isResumed ? new SessionLost() : new InvalidRequest({ reason })) as ProviderError
})
