import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Exit, Fiber } from "effect"
import * as Sharing from "../../src/lib/sharing.ts"

const setup = (work: (run: number) => Effect.Effect<number> = Effect.succeed) =>
  Effect.gen(function* () {
    let version = 0
    let runs = 0
    const share = yield* Sharing.make<number>({ version: () => version, keep: "20 millis", most: 2 })
    const ask = (key = "page") =>
      share(
        key,
        Effect.suspend(() => work(++runs))
      )
    return { ask, change: () => void version++ }
  })

it.scopedLive("who asks for the same shares one run, until something changes", () =>
  Effect.gen(function* () {
    const { ask, change } = yield* setup()
    const together = yield* Effect.all([ask(), ask(), ask()], { concurrency: "unbounded" })
    const later = yield* ask()
    change()
    deepStrictEqual([together, later, yield* ask()], [[1, 1, 1], 1, 2])
  })
)

it.scopedLive("who asks after a change shares no run that began before", () =>
  Effect.gen(function* () {
    const { ask, change } = yield* setup((run) => Effect.as(Effect.sleep("10 millis"), run))
    const first = yield* Effect.fork(ask())
    yield* Effect.sleep("5 millis")
    change()
    deepStrictEqual([yield* ask(), yield* Fiber.join(first)], [2, 1])
  })
)

it.scopedLive("the first who asks may leave, and the others are answered", () =>
  Effect.gen(function* () {
    const { ask } = yield* setup()
    const first = yield* Effect.fork(ask())
    yield* Effect.yieldNow()
    const second = yield* Effect.fork(ask())
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(first)
    deepStrictEqual(yield* Fiber.join(second), 1)
  })
)

it.scopedLive("a failure is given to those who wait, and to nobody after them", () =>
  Effect.gen(function* () {
    const { ask } = yield* setup((run) => (run === 1 ? Effect.dieMessage("locked") : Effect.succeed(run)))
    const together = yield* Effect.all([Effect.exit(ask()), Effect.exit(ask())], { concurrency: "unbounded" })
    assertTrue(together.every(Exit.isFailure))
    deepStrictEqual(yield* ask(), 2)
  })
)

it.scopedLive("no answer is kept for long, nor are many", () =>
  Effect.gen(function* () {
    const { ask } = yield* setup()
    yield* ask()
    yield* Effect.sleep("60 millis")
    deepStrictEqual(yield* ask(), 2)
    yield* Effect.all([ask("second"), ask("third")])
    deepStrictEqual(yield* ask(), 5)
  })
)
