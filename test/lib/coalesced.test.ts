import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber } from "effect"
import { coalesced } from "../../src/lib/coalesced.ts"

const setup = Effect.gen(function* () {
  const gates = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>(), Deferred.make<void>()])
  let runs = 0
  const shared = coalesced(
    Effect.suspend(() => {
      const run = runs++
      return Effect.as(Deferred.await(gates[run] ?? gates[2]), run)
    })
  )
  const start = Effect.tap(Effect.fork(shared), () => Effect.yieldNow())
  const open = (gate: 0 | 1 | 2) => Deferred.succeed(gates[gate], undefined)
  return { shared, start, open, runs: () => runs }
})

describe("coalesced", () => {
  it.effect("those who come during a run share the next one, never the one under way", () =>
    Effect.gen(function* () {
      const { open, runs, start } = yield* setup
      const first = yield* start
      const later = yield* Effect.all([start, start, start])
      yield* open(0)
      yield* open(1)

      strictEqual(yield* Fiber.join(first), 0)
      deepStrictEqual(yield* Effect.forEach(later, Fiber.join), [1, 1, 1])
      strictEqual(runs(), 2)
    })
  )

  it.effect("an interrupted run leaves its waiters a run of their own", () =>
    Effect.gen(function* () {
      const { open, start } = yield* setup
      const first = yield* start
      const second = yield* start
      yield* Fiber.interrupt(first)
      yield* open(1)

      strictEqual(yield* Fiber.join(second), 1)
    })
  )
})
