import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber } from "effect"
import { InvalidRequest, RateLimited } from "../../../src/domain/ProviderError.ts"
import { Gates } from "../../../src/models/Gates.ts"
import { tagOf, vendor, world } from "../../support/Gate.ts"

const limited = new RateLimited({ retryAfterMs: 10_000 })

/** A turn that has done something, and is refused with this in its middle. */
const held = (error: RateLimited | InvalidRequest, after: Effect.Effect<string> = Effect.succeed("said")) =>
  Effect.flatMap(Gates, (gates) =>
    gates.pass((answered, hold) => Effect.zipRight(Effect.sync(answered), Effect.zipRight(hold(error), after)), {
      provider: "p",
      model: "m",
      priority: "person",
      patienceMs: 60_000,
      canRetry: () => false,
      waiting: () => Effect.void,
      leave: Effect.never
    })
  )

describe("a turn that is refused in its middle", () => {
  it.effect("waits as long as it is told, with all others, and goes on", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { seconds, state, turn } = yield* vendor(() => undefined)
        const fiber = yield* Effect.fork(held(limited))
        yield* pass("1 second")
        const other = yield* Effect.fork(turn())
        yield* pass("8 seconds")
        deepStrictEqual([(yield* state).under_way, (yield* state).waiting, seconds()], [0, 2, []])
        yield* pass("3 seconds")
        assertEquals(yield* Fiber.join(fiber), "said")
        yield* Fiber.join(other)
        deepStrictEqual([(yield* state).under_way, (yield* state).waiting], [0, 0])
      })
    )
  )

  it.effect("leaves nothing behind when it is interrupted, while it waits and after", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { state, turn } = yield* vendor(() => undefined)
        for (const seconds of [1, 15]) {
          const fiber = yield* Effect.fork(held(limited, Effect.never))
          yield* pass(seconds * 1000)
          yield* Fiber.interrupt(fiber)
          deepStrictEqual([(yield* state).under_way, (yield* state).waiting], [0, 0])
          yield* pass("1 minute")
        }
        const fiber = yield* Effect.fork(turn())
        yield* pass(10)
        assertEquals(yield* Fiber.join(fiber), "said")
      })
    )
  )

  it.effect("fails with what it was refused with where waiting does not help, or takes too long", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { state } = yield* vendor(() => undefined)
        assertEquals(yield* tagOf(yield* Effect.fork(held(new InvalidRequest({ reason: "no" })))), "InvalidRequest")
        const long = yield* Effect.fork(held(new RateLimited({ retryAfterMs: 3_000_000 })))
        yield* pass(10)
        assertEquals(yield* tagOf(long), "RateLimited")
        deepStrictEqual([(yield* state).under_way, (yield* state).waiting], [0, 0])
      })
    )
  )
})
