import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Clock, Effect, Exit, Fiber, Random, TestClock } from "effect"
import {
  Crashed,
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  TimedOut,
  Unauthorized
} from "../src/domain/Provider.ts"
import type { ProviderState } from "../src/domain/ProviderState.ts"
import { Gates } from "../src/Gates.ts"
import { type Verdict, vendor } from "./support/Gate.ts"

const overloaded = new Overloaded({ retryAfterMs: null })
const crashed = new Crashed({ reason: "gone" })
const until =
  (seconds: number, error: ProviderError = overloaded) =>
  (now: number): Verdict =>
    now < seconds * 1000 ? error : undefined

const world = <E>(test: Effect.Effect<void, E, Gates>) =>
  test.pipe(Effect.provide(Gates.layer), Effect.withRandom(Random.make("gates")))

/** Lets time pass until it stands so. */
const passing = (state: Effect.Effect<ProviderState>, isSo: (state: ProviderState) => boolean, stepMs = 250) =>
  Effect.gen(function* () {
    for (let steps = 0; !isSo(yield* state); steps++) {
      assertTrue(steps < 6000, "it never came")
      yield* TestClock.adjust(stepMs)
    }
  })

const tagOf = <A>(fiber: Fiber.RuntimeFiber<A, { readonly _tag: string }>) =>
  Effect.match(Fiber.join(fiber), { onFailure: ({ _tag }) => _tag, onSuccess: () => "" })

describe("a provider that refuses", () => {
  it.effect("loses no turn in 15 minutes of overload, and is asked at most once a minute then", () =>
    world(
      Effect.gen(function* () {
        const { calls, state, turn } = yield* vendor(until(900))
        const fiber = yield* Effect.fork(turn())
        yield* TestClock.adjust("10 minutes")
        deepStrictEqual((yield* state).state, "open")
        yield* TestClock.adjust("6 minutes")
        assertEquals(yield* Fiber.join(fiber), "said")
        const gaps = calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0))
        assertTrue(gaps.every((gap) => gap >= 500 && gap <= 60_000))
        assertTrue(gaps.slice(7).every((gap) => gap >= 30_000))
        deepStrictEqual([(yield* state).state, (yield* state).failures, (yield* state).limit], ["closed", 0, null])
      })
    )
  )

  it.effect("is left alone for as long as it asks, also by those who come meanwhile", () =>
    world(
      Effect.gen(function* () {
        const limited = new RateLimited({ retryAfterMs: 30_000 })
        const { seconds, told, turn } = yield* vendor((_, call) => (call === 1 ? limited : undefined))
        const first = yield* Effect.fork(turn())
        yield* TestClock.adjust("10 seconds")
        const second = yield* Effect.fork(turn())
        yield* TestClock.adjust("19 seconds")
        deepStrictEqual(seconds(), [0])
        yield* TestClock.adjust("2 seconds")
        deepStrictEqual(seconds(), [0, 30, 30])
        yield* Fiber.joinAll([first, second])
        deepStrictEqual(
          told.map(({ attempt, reason }) => [attempt, reason]),
          [
            [2, "rate_limited"],
            [1, "rate_limited"],
            [1, "busy"]
          ]
        )
        assertTrue(told.slice(0, 2).every(({ until }) => until?.startsWith("1970-01-01T00:00:30") === true))
      })
    )
  )

  it.effect("lets exactly one try decide once it has refused five times, and all in again bit by bit", () =>
    world(
      Effect.gen(function* () {
        const { calls, state, tally, turn } = yield* vendor(until(100), { latencyMs: 100, speechMs: 1000 })
        const fibers = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.fork(turn()))
        yield* passing(state, ({ failures }) => failures >= 5)
        const before = calls.length
        assertTrue(before <= 100 + 50 + 25 + 12 + 6, String(before))
        tally.most = 0
        let [opened, most] = [0, 0]
        yield* passing(
          state,
          ({ failures, state }) => {
            opened = Math.max(opened, failures)
            if (state !== "closed") most = tally.most
            return state === "closed"
          },
          400
        )
        assertEquals(most, 1)
        assertEquals(calls.filter(({ at }) => at < 100_000).length - before, opened - 5)
        yield* TestClock.adjust("2 minutes")
        yield* Fiber.joinAll(fibers)
        deepStrictEqual([(yield* state).limit, (yield* state).waiting, (yield* state).under_way], [null, 0, 0])
      })
    )
  )

  it.effect("serves persons before agents, and each in the order of coming, while it is tight", () =>
    world(
      Effect.gen(function* () {
        const limited = new RateLimited({ retryAfterMs: 10_000 })
        const { calls, turn } = yield* vendor((now) => (now < 10_000 ? limited : undefined), {
          latencyMs: 100,
          speechMs: 100
        })
        const fiber = yield* Effect.fork(turn({ name: "first", priority: "agents" }))
        yield* TestClock.adjust("1 second")
        const others = yield* Effect.forEach(["agent", "another agent", "person", "another person"], (name) =>
          Effect.fork(turn({ name, priority: name.endsWith("person") ? "person" : "agents" }))
        )
        yield* TestClock.adjust("30 seconds")
        yield* Fiber.joinAll([fiber, ...others])
        deepStrictEqual(
          calls.map(({ name }) => name),
          ["first", "person", "another person", "first", "agent", "another agent"]
        )
      })
    )
  )

  it.effect("disturbs no other provider", () =>
    world(
      Effect.gen(function* () {
        const { turn } = yield* vendor(() => overloaded)
        const { seconds, turn: other } = yield* vendor(() => undefined)
        yield* Effect.fork(turn())
        yield* TestClock.adjust("1 minute")
        yield* other({ provider: "q" })
        deepStrictEqual(seconds(), [60])
      })
    )
  )

  it.effect("fails the turn with its own error when nobody can wait any longer, or for so long", () =>
    world(
      Effect.gen(function* () {
        const { seconds, turn } = yield* vendor((now) =>
          now < 90_000 ? overloaded : new RateLimited({ retryAfterMs: 3_000_000 })
        )
        const patient = yield* Effect.fork(turn({ patienceMs: 60_000 }))
        yield* TestClock.adjust("59 seconds")
        assertEquals(yield* tagOf(patient), "Overloaded")
        yield* TestClock.adjust("61 seconds")
        const asked = seconds().length
        assertEquals(yield* tagOf(yield* Effect.fork(turn())), "RateLimited")
        assertEquals(yield* tagOf(yield* Effect.fork(turn())), "RateLimited")
        assertEquals(seconds().length, asked + 1)
      })
    )
  )

  it.effect("is asked at once, and once, by who has no patience", () =>
    world(
      Effect.gen(function* () {
        const { seconds, turn } = yield* vendor(() => overloaded)
        assertEquals(yield* tagOf(yield* Effect.fork(turn({ patienceMs: 0 }))), "Overloaded")
        assertEquals(yield* tagOf(yield* Effect.fork(turn({ patienceMs: 0 }))), "Overloaded")
        deepStrictEqual(seconds(), [0, 0])
      })
    )
  )

  it.effect("is rid of who no longer waits at once", () =>
    world(
      Effect.gen(function* () {
        const { calls, state, turn } = yield* vendor(until(100))
        const fibers = yield* Effect.forEach(["one", "other"], () => Effect.fork(turn()))
        yield* TestClock.adjust("20 seconds")
        assertEquals((yield* state).waiting, 2)
        const asked = calls.length
        for (const fiber of fibers) assertTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        deepStrictEqual([(yield* state).waiting, (yield* state).under_way], [0, 0])
        yield* TestClock.adjust("5 minutes")
        assertEquals(calls.length, asked)
      })
    )
  )

  it.effect("does not hold up the others when the one whose try was to decide has gone", () =>
    world(
      Effect.gen(function* () {
        const { state, turn } = yield* vendor((now) => (now < 40_000 ? overloaded : undefined), { latencyMs: 500 })
        const decider = yield* Effect.fork(turn())
        const other = yield* Effect.fork(turn())
        yield* passing(state, ({ state }) => state === "half_open")
        yield* TestClock.adjust("100 millis")
        yield* Fiber.interrupt(decider)
        yield* TestClock.adjust("3 minutes")
        assertEquals(yield* Fiber.join(other), "said")
      })
    )
  )
})

describe("a turn that was begun", () => {
  it.effect("is not tried again once something came of it", () =>
    world(
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
      world(
        Effect.gen(function* () {
          const { seconds, state, turn } = yield* vendor(() => error)
          const fiber = yield* Effect.fork(turn())
          yield* TestClock.adjust("1 minute")
          assertEquals(yield* tagOf(fiber), error._tag)
          assertEquals(seconds().length, times)
          if (times > 1) assertEquals(seconds()[1], 0)
          deepStrictEqual([(yield* state).not_before, (yield* state).last_error?._tag], [null, error._tag])
        })
      )
    )
  }

  it.effect("waits with the others when clients have crashed five times in a row", () =>
    world(
      Effect.gen(function* () {
        const { seconds, state, turn } = yield* vendor(() => crashed)
        yield* Effect.fork(turn())
        yield* Effect.fork(turn())
        yield* TestClock.adjust("10 seconds")
        assertEquals((yield* state).state, "open")
        const asked = seconds().length
        yield* Effect.fork(turn())
        const pause = Date.parse((yield* state).not_before ?? "") - (yield* Clock.currentTimeMillis)
        yield* TestClock.adjust(pause - 1)
        assertEquals(seconds().length, asked)
        yield* TestClock.adjust(1)
        assertEquals(seconds().length, asked + 1)
      })
    )
  )
})
