import { type ProviderError, Refused, ServerFailed, Unreadable } from "../../domain/ProviderError.ts"
import { finishOf } from "./Finish.ts"

interface Ended {
  /** In the vendor's word. */
  readonly finish: string | null
  /** The reason that is given for a refusal. */
  readonly refusal: string
  readonly isGarbled: boolean
}

/** What it means that a turn is over in which the model has neither said anything nor chosen to be silent. */
export const silence = ({ finish, isGarbled, refusal }: Ended, hasThoughts: boolean): ProviderError => {
  const how = finishOf(finish)
  switch (how) {
    case "refusal":
    case "filter":
      return new Refused({ finish: how, reason: refusal || (finish ?? "") })
    case "error":
      return new ServerFailed({ retryAfterMs: null, reason: "the endpoint ended its answer with an error" })
    case "length":
      return new Unreadable({ reason: "the answer came to its limit of tokens before it said anything" })
    default:
      return new Unreadable({ reason: `the answer ${isGarbled ? "cannot be read" : without(hasThoughts)}` })
  }
}

const without = (hasThoughts: boolean) => (hasThoughts ? "holds thoughts and no text" : "is empty")

/** Why an answer counts for nothing that did not come to its end, and of which so many events could not be read. */
export const brokenOff = (unread: number) =>
  unread > 0 ? "the answer is garbled: an event cannot be read" : "the answer broke off before its end"
