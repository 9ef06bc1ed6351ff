import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Exit, FiberId } from "effect"
import type { WaitReason } from "../../../src/domain/ProviderState.ts"
import { PoolBusy } from "../../../src/domain/Pool.ts"
import * as Errors from "../../../src/domain/ProviderError.ts"
import type { TurnError } from "../../../src/domain/TurnError.ts"
import { verdictOf } from "../../../src/engine/Orchestrator/Verdict.ts"
import { Timestamp } from "../../../src/domain/Time.ts"

const draft = {
  text: "",
  shown: false,
  skipped: false,
  unheard: 0,
  firstTokenMs: null,
  waiting: null,
  spent: { usage: null, isWhole: true }
}
const free = (error: TurnError, more: Partial<Parameters<typeof verdictOf>[1]> = {}) =>
  verdictOf(Exit.fail(error), { ...draft, ...more }).isFree

describe("a turn that fails", () => {
  it("is free where the provider has done no work, and counts where it may have", () => {
    const refused = [
      new PoolBusy({ waiting: 1, waitedMs: 1 }),
      new Errors.RateLimited({ retryAfterMs: null }),
      new Errors.Overloaded({ retryAfterMs: null }),
      new Errors.Unreachable({ host: "127.0.0.1:1" }),
      new Errors.Unauthorized({}),
      new Errors.QuotaExhausted({}),
      new Errors.ModelUnknown({ model: "none" }),
      new Errors.InvalidRequest({})
    ]
    const begun = [
      new Errors.TimedOut({ phase: "first_token", afterMs: 1 }),
      new Errors.TooManyToolCalls({ of: "calls", most: 1 }),
      new Errors.TooLong({ most: 1 }),
      new Errors.Unreadable({}),
      new Errors.Refused({ finish: "filter" }),
      new Errors.Crashed({})
    ]
    const tags = (errors: ReadonlyArray<TurnError>) => errors.map(({ _tag }) => _tag)

    deepStrictEqual(tags([...refused, ...begun].filter((error) => free(error))), tags(refused))
    deepStrictEqual(tags(refused.filter((error) => free(error, { firstTokenMs: 1 }))), [])
  })

  it("is free when it is interrupted while it waits to be asked, and counts when an answer of it was lost", () => {
    const reasons: ReadonlyArray<WaitReason> = [
      "rate_limited",
      "overloaded",
      "unreachable",
      "busy",
      "crashed",
      "unreadable"
    ]
    const isFree = (reason: WaitReason) => {
      const waiting = { provider: "puppet", reason, until: Timestamp.make("2026-01-02T03:04:05.678Z"), attempt: 1 }
      return verdictOf(Exit.interrupt(FiberId.none), { ...draft, waiting }).isFree
    }

    deepStrictEqual(reasons.filter(isFree), ["rate_limited", "overloaded", "unreachable", "busy"])
    deepStrictEqual(verdictOf(Exit.interrupt(FiberId.none), draft).isFree, false)
  })
})
