import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, TestClock } from "effect"
import { Crashed, TimedOut } from "../../../src/domain/ProviderError.ts"
import * as Pool from "../../support/Pool.ts"
import { settle } from "../../support/settle.ts"

describe("SdkPool opens a client, which", () => {
  it.scoped("is not tried again when it fails, and leaves the place free", () =>
    Effect.gen(function* () {
      const { all, pool, touch } = yield* Pool.make({}, { opening: () => new Crashed({ reason: "gone" }) })

      assertEquals(yield* Effect.flip(touch("a")), new Crashed({ reason: "gone" }))

      deepStrictEqual(
        all.map(({ closes }) => closes),
        [1]
      )
      assertEquals((yield* pool.stats("process")).alive, 0)
    })
  )

  it.scoped("has a deadline, tries and all, and nothing of it stays", () =>
    Effect.gen(function* () {
      const { alive, pool, touch } = yield* Pool.make({}, { opening: () => Effect.never })
      const fiber = yield* Effect.fork(Effect.flip(touch("a")))
      yield* settle

      yield* TestClock.adjust(1999)
      assertEquals(alive().length, 1)
      yield* TestClock.adjust(1)

      assertEquals(yield* Fiber.join(fiber), new TimedOut({ phase: "connect", afterMs: 2000 }))
      assertEquals(alive().length, 0)
      assertEquals((yield* pool.stats("process")).alive, 0)
    })
  )

  it.scoped("stops when its borrower is interrupted", () =>
    Effect.gen(function* () {
      const { all, pool, touch } = yield* Pool.make({}, { opening: () => Effect.never })
      const fiber = yield* Effect.fork(touch("a"))
      yield* settle

      yield* Fiber.interrupt(fiber)

      deepStrictEqual(
        all.map(({ closes, state }) => [closes, state]),
        [[1, "closed"]]
      )
      assertEquals((yield* pool.stats("process")).alive, 0)
    })
  )
})
