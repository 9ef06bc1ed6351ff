import { Option } from "effect"
import type { ProviderError } from "../../domain/ProviderError.ts"
import type { WaitReason } from "../../domain/ProviderState.ts"
import type { Place } from "./Gate.ts"
import { backOffMs } from "./Health.ts"

/** How often a turn has failed so far, by error. */
export type Failures = Readonly<Partial<Record<ProviderError["_tag"], number>>>

const crashes = 3
const serverFailures = 4

/** How long the turn itself is to wait before it stands in line again; none when it is not to be tried again. */
export const delayOf = (
  error: ProviderError,
  failures: Failures,
  place: Pick<Place, "failures" | "isItsOwn">,
  jitter: number
): Option.Option<number> => {
  const before = failures[error._tag] ?? 0
  switch (error._tag) {
    case "RateLimited":
    case "Overloaded":
      return Option.some(place.isItsOwn ? Math.max(error.retryAfterMs ?? 0, backOffMs(place.failures, jitter)) : 0)
    case "Unreachable":
      return Option.some(0)
    case "ServerFailed":
      return before < serverFailures ? Option.some(error.retryAfterMs ?? backOffMs(before, jitter)) : Option.none()
    case "Unreadable":
      return before === 0 ? Option.some(0) : Option.none()
    case "Crashed":
      // The process may have died while it was idle; nobody should wait for that.
      if (before === 0) return Option.some(0)
      return before < crashes ? Option.some(backOffMs(before - 1, jitter)) : Option.none()
    case "TimedOut":
      return before === 0 && (error.phase === "connect" || error.phase === "first_token")
        ? Option.some(0)
        : Option.none()
    case "Unauthorized":
    case "QuotaExhausted":
    case "ModelUnknown":
    case "Refused":
    case "ContextExceeded":
    case "ImagesRefused":
    case "InvalidRequest":
    case "SessionLost":
    case "TooManyToolCalls":
    case "TooLong":
      return Option.none()
  }
}

export const counted = (failures: Failures, { _tag }: ProviderError): Failures => ({
  ...failures,
  [_tag]: (failures[_tag] ?? 0) + 1
})

const reasonFor: Readonly<Partial<Record<ProviderError["_tag"], WaitReason>>> = {
  RateLimited: "rate_limited",
  Overloaded: "overloaded",
  ServerFailed: "server_failed",
  Unreachable: "unreachable",
  Unreadable: "unreadable",
  Crashed: "crashed",
  TimedOut: "timed_out"
}

/** Why a turn may be tried again. */
export const reasons = Object.values(reasonFor)

export const reasonOf = ({ _tag }: ProviderError): WaitReason => reasonFor[_tag] ?? "busy"

export const total = (failures: Failures) => Object.values(failures).reduce((sum, count) => sum + count, 0)
