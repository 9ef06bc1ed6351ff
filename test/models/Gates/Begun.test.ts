import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Clock, Effect } from "effect"
import {
  Crashed,
  InvalidRequest,
  Overloaded,
  type ProviderError,
  TimedOut,
  Unauthorized
} from "../../../src/domain/ProviderError.ts"
import { tagOf, vendor, world } from "../../support/Gate.ts"

const overloaded = new Overloaded({ retryAfterMs: null })
const crashed = new Crashed({ reason: "gone" })

describe("a turn that was begun", () => {
  it.effect("is not tried again once something came of it", () =>
    world(() =>
      Effect.gen(function* () {
        const { calls, turn } = yield* vendor(() => overloaded)
        assertEquals(yield* tagOf(yield* Effect.fork(turn({ late: true }))), "Overloaded")
        assertEquals(calls.length, 1)
      })
    )
  )

  const cases: ReadonlyArray<readonly [string, ProviderError, number]> = [
    ["three times more, first at once, when the client crashes", crashed, 4],
    ["once more when nothing came in time", new TimedOut({ phase: "first_token", afterMs: 1 }), 2],
    ["once more when no connection came in time", new TimedOut({ phase: "connect", afterMs: 1 }), 2],
    ["never more when it fell silent", new TimedOut({ phase: "idle", afterMs: 1 }), 1],
    ["never more without a key", new Unauthorized(), 1],
    ["never more when it cannot be taken", new InvalidRequest({ reason: "no" }), 1]
  ]
  for (const [name, error, times] of cases) {
    it.effect(`is tried ${name}`, () =>
      world((pass) =>
        Effect.gen(function* () {
          const { seconds, state, turn } = yield* vendor(() => error)
          const fiber = yield* Effect.fork(turn())
          yield* pass("1 minute")
          assertEquals(yield* tagOf(fiber), error._tag)
          assertEquals(seconds().length, times)
          if (times > 1) assertEquals(seconds()[1], 0)
          deepStrictEqual([(yield* state).not_before, (yield* state).last_error?._tag], [null, error._tag])
        })
      )
    )
  }

  it.effect("waits with the others when clients have crashed five times in a row", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { seconds, state, turn } = yield* vendor(() => crashed)
        yield* Effect.fork(turn())
        yield* Effect.fork(turn())
        yield* pass("10 seconds")
        assertEquals((yield* state).state, "open")
        const asked = seconds().length
        yield* Effect.fork(turn())
        const pause = Date.parse((yield* state).not_before ?? "") - (yield* Clock.currentTimeMillis)
        yield* pass(pause - 1)
        assertEquals(seconds().length, asked)
        yield* pass(1)
        assertEquals(seconds().length, asked + 1)
      })
    )
  )
})
