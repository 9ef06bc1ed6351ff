import type { ProviderError } from "../../domain/ProviderError.ts"
import * as Breaker from "../../lib/breaker.ts"

/** How a provider has done lately. */
export interface Health {
  readonly breaker: Breaker.Breaker
  /** How many may be tried at once, and how many were when it refused; null while nothing bounds them. */
  readonly bound: { readonly limit: number; readonly full: number } | null
  readonly lastError: { readonly error: ProviderError; readonly at: number } | null
  readonly lastSuccessAt: number | null
}

/** Whether a failure tells something about the provider, and what. */
export type Blame = "refused" | "broke" | "none"

export const well: Health = { breaker: Breaker.closed, bound: null, lastError: null, lastSuccessAt: null }

const backOff = { firstMs: 1000, ceilingMs: 60_000 }
// What asks for more is asked again after this, should it have changed its mind.
const longestMs = 3_600_000

export const blameOf = (error: ProviderError): Blame => {
  switch (error._tag) {
    case "RateLimited":
    case "Overloaded":
    case "Unreachable":
      return "refused"
    case "Crashed":
    case "ServerFailed":
      return "broke"
    case "TimedOut":
      // It spoke until the end of its time.
      return error.phase === "total" ? "none" : "broke"
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
    case "Unreadable":
      return "none"
  }
}

/** `jitter` is from 0 to 1. In whole milliseconds: who wakes a fraction too early would wait for it without end. */
export const backOffMs = (failures: number, jitter: number) =>
  Math.ceil(Breaker.failed({ failures, notBefore: 0 }, 0, { ...backOff, jitter }).notBefore)

const pausedUntil = (error: ProviderError, breaker: Breaker.Breaker, now: number, jitter: number) => {
  const backedOff = now + backOffMs(breaker.failures, jitter)
  if (error._tag !== "RateLimited" && error._tag !== "Overloaded") return backedOff
  if (error.retryAfterMs === null) return backedOff
  const asked = Math.min(error.retryAfterMs, longestMs)
  const until = Math.ceil(now + asked + jitter * Math.min(asked / 10, 1000))
  // A vendor that refuses again and asks for next to nothing tells no time: its clock is off, or it always says so.
  const isTold = error._tag === "RateLimited" && (asked >= backOff.firstMs || breaker.failures === 0)
  return isTold ? until : Math.max(until, backedOff)
}

/**
 * A refusal makes all wait, and halves how many may try at once; one that broke makes others wait from the fifth on.
 */
export const failed = (
  health: Health,
  error: ProviderError,
  { jitter, now, trying }: { readonly jitter: number; readonly now: number; readonly trying: number }
): Health => {
  const failures = health.breaker.failures + 1
  const until = Math.max(health.breaker.notBefore, pausedUntil(error, health.breaker, now, jitter))
  const paused = { failures, notBefore: until }
  const lastError = { error, at: now }
  if (blameOf(error) === "refused") {
    const full = Math.max(health.bound?.full ?? 0, trying)
    return { ...health, lastError, breaker: paused, bound: { limit: Math.max(1, Math.floor(trying / 2)), full } }
  }
  const isClosed = Breaker.stateOf(paused, now) === "closed"
  return { ...health, lastError, breaker: isClosed ? { ...paused, notBefore: health.breaker.notBefore } : paused }
}

export const succeeded = ({ bound, lastError }: Health, now: number): Health => ({
  breaker: Breaker.closed,
  bound: bound === null || bound.limit >= bound.full ? null : { ...bound, limit: bound.limit + 1 },
  lastError,
  lastSuccessAt: now
})
