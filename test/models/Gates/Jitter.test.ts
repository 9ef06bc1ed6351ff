import { describe, it } from "@effect/vitest"
import { assertTrue } from "@effect/vitest/utils"
import { Effect, Fiber } from "effect"
import { Crashed, Overloaded, type ProviderError, RateLimited } from "../../../src/domain/ProviderError.ts"
import { vendor, world } from "../../support/Gate.ts"

/** What makes a turn wait, after how many tries, and from when to when it may be tried again then, in milliseconds. */
const reasons: ReadonlyArray<readonly [ProviderError, tries: number, from: number, to: number]> = [
  [new Overloaded({ retryAfterMs: null }), 1, 500, 1000],
  [new RateLimited({ retryAfterMs: 5000 }), 1, 5000, 5500],
  [new Crashed({ reason: "gone" }), 2, 500, 1000]
]

describe("turns that fail in the same moment", () => {
  for (const [error, tries, from, to] of reasons) {
    it.effect(`are tried again all over the time that there is for it (${error._tag})`, () =>
      world((pass) =>
        Effect.gen(function* () {
          const providers = Array.from({ length: 60 }, (_, number) => `p${number}`)
          const again = yield* Effect.forEach(providers, (provider) =>
            Effect.map(
              vendor((_, call) => (call <= tries ? error : undefined)),
              ({ calls, turn }) => ({ calls, turn: turn({ provider }) })
            )
          )
          const fibers = yield* Effect.forEach(again, ({ turn }) => Effect.fork(turn))
          yield* pass("10 seconds")
          yield* Fiber.joinAll(fibers)

          const waits = again.map(({ calls }) => calls.at(-1)?.at ?? 0).toSorted((one, other) => one - other)
          const [first = 0, last = 0, tenth] = [waits.at(0), waits.at(-1), (to - from) / 10]
          assertTrue(first >= from && first <= from + tenth && last >= to - tenth && last <= to, waits.join())
          assertTrue(new Set(waits).size > 30, waits.join())
        })
      )
    )
  }
})
