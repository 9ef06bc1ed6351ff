import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber } from "effect"
import { Overloaded, type ProviderError, RateLimited, ServerFailed } from "../../../src/domain/ProviderError.ts"
import { tagOf, type Verdict, vendor, world } from "../../support/Gate.ts"

const overloaded = new Overloaded({ retryAfterMs: null })
const limited = new RateLimited({ retryAfterMs: 20_000 })
const failed = new ServerFailed({ retryAfterMs: null })

/** Refuses the one whose name is "odd" for as long as it comes. */
const but = (error: ProviderError) => (_: number, __: number, name: string) => (name === "odd" ? error : undefined)

describe("a turn that is refused for its own sake", () => {
  for (const [error, worstSeconds] of [
    [overloaded, 5],
    [limited, 50],
    [failed, 0]
  ] as const) {
    it.effect(`keeps its neighbours waiting for ${worstSeconds} s at most (${error._tag})`, () =>
      world((pass) =>
        Effect.gen(function* () {
          const { calls, turn } = yield* vendor(but(error), { latencyMs: 1 })
          const odd = yield* Effect.fork(turn({ name: "odd" }))
          yield* pass(10)
          const neighbours = yield* Effect.forEach(["a", "b", "c"], (name) =>
            Effect.fork(turn({ name, priority: name === "c" ? "agents" : "person" }))
          )
          yield* pass(worstSeconds * 1000 + 100)
          yield* Fiber.joinAll(neighbours)
          const later = calls.length
          yield* pass("10 minutes")
          assertTrue(calls.length - later < 40, "the odd one backs off")
          for (let round = 0; round < 20; round++) {
            const fiber = yield* Effect.fork(turn({ name: `later ${round}` }))
            yield* pass(10)
            assertEquals(yield* Fiber.join(fiber), "said")
          }
          yield* Fiber.interrupt(odd)
        })
      )
    )
  }

  it.effect("fails with the vendor's error after five tries, when the server fails at it", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { calls, state, turn } = yield* vendor(() => failed)
        const fiber = yield* Effect.fork(turn())
        yield* pass("2 minutes")
        assertEquals(yield* tagOf(fiber), "ServerFailed")
        assertEquals(calls.length, 5)
        deepStrictEqual([(yield* state).state, (yield* state).not_before], ["closed", null])
      })
    )
  )
})

describe("a provider whose server fails at many turns", () => {
  it.effect("is left alone after the fifth of them", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { state, turn } = yield* vendor(() => failed)
        for (let turns = 0; turns < 5; turns++) {
          yield* Effect.fork(turn())
          yield* pass(1)
        }
        assertEquals((yield* state).state, "open")
      })
    )
  )
})

describe("a model that is refused", () => {
  it.effect("keeps no other model of the provider waiting", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { turn } = yield* vendor((): Verdict => limited)
        const { seconds, turn: well } = yield* vendor(() => undefined)
        yield* Effect.fork(turn({ model: "x" }))
        yield* pass("1 second")
        yield* well({ model: "y" })
        deepStrictEqual(seconds(), [1])
      })
    )
  )
})
