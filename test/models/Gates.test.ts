import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { Crashed, Overloaded, type ProviderError, RateLimited } from "../../src/domain/ProviderError.ts"
import type { ProviderState } from "../../src/domain/ProviderState.ts"
import { type Pass, tagOf, type Verdict, vendor, world } from "../support/Gate.ts"
import { counted } from "../support/metrics.ts"

const overloaded = new Overloaded({ retryAfterMs: null })
const crashed = new Crashed({ reason: "gone" })
const until =
  (seconds: number, error: ProviderError = overloaded) =>
  (now: number): Verdict =>
    now < seconds * 1000 ? error : undefined

/** Lets time pass until it stands so. */
const passing = (
  pass: Pass,
  state: Effect.Effect<ProviderState>,
  isSo: (state: ProviderState) => boolean,
  stepMs = 250
) =>
  Effect.gen(function* () {
    for (let steps = 0; !isSo(yield* state); steps++) {
      assertTrue(steps < 6000, "it never came")
      yield* pass(stepMs)
    }
  })

describe("a provider that refuses", () => {
  it.effect("loses no turn in 15 minutes of overload, and is asked at most once a minute then", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { calls, state, turn } = yield* vendor(until(900))
        const retries = counted("parley_provider_retries_total", { provider: "p", reason: "overloaded" })
        const before = yield* retries
        const fiber = yield* Effect.fork(turn())
        yield* pass("10 minutes")
        deepStrictEqual((yield* state).state, "open")
        yield* pass("6 minutes")
        assertEquals(yield* Fiber.join(fiber), "said")
        const gaps = calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0))
        assertEquals((yield* retries) - before, calls.length - 1)
        assertTrue(gaps.every((gap) => gap >= 500 && gap <= 60_000))
        assertTrue(gaps.slice(7).every((gap) => gap >= 30_000))
        deepStrictEqual([(yield* state).state, (yield* state).failures, (yield* state).limit], ["closed", 0, null])
      })
    )
  )

  it.effect("is left alone for as long as it asks, also by those who come meanwhile", () =>
    world((pass) =>
      Effect.gen(function* () {
        const limited = new RateLimited({ retryAfterMs: 30_000 })
        const { seconds, told, turn } = yield* vendor((_, call) => (call === 1 ? limited : undefined), {
          latencyMs: 100
        })
        const first = yield* Effect.fork(turn())
        yield* pass("10 seconds")
        const second = yield* Effect.fork(turn())
        yield* pass("19 seconds")
        deepStrictEqual(seconds(), [0])
        yield* pass("2 seconds")
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

  it.effect("is not asked without end where it asks for no time, or for one that has passed", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { calls, turn } = yield* vendor(until(60, new RateLimited({ retryAfterMs: 0 })))
        const fiber = yield* Effect.fork(turn())
        yield* pass("3 minutes")
        assertEquals(yield* Fiber.join(fiber), "said")
        assertTrue(calls.length < 12, String(calls.length))
      })
    )
  )

  it.effect("lets exactly one try decide once it has refused five times, and all in again bit by bit", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { calls, state, tally, turn } = yield* vendor(until(100), { latencyMs: 100, speechMs: 1000 })
        const fibers = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.fork(turn()))
        yield* passing(pass, state, ({ failures }) => failures >= 5)
        const before = calls.length
        assertTrue(before <= 100 + 50 + 25 + 12 + 6, String(before))
        tally.most = 0
        let [opened, most] = [0, 0]
        yield* passing(
          pass,
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
        yield* pass("2 minutes")
        yield* Fiber.joinAll(fibers)
        deepStrictEqual([(yield* state).limit, (yield* state).waiting, (yield* state).under_way], [null, 0, 0])
      })
    )
  )

  it.effect("serves persons before agents, and each in the order of coming, while it is tight", () =>
    world((pass) =>
      Effect.gen(function* () {
        const limited = new RateLimited({ retryAfterMs: 10_000 })
        const { calls, turn } = yield* vendor((now) => (now < 10_000 ? limited : undefined), {
          latencyMs: 100,
          speechMs: 100
        })
        const fiber = yield* Effect.fork(turn({ name: "first", priority: "agents" }))
        yield* pass("1 second")
        const others = yield* Effect.forEach(["agent", "another agent", "person", "another person"], (name) =>
          Effect.fork(turn({ name, priority: name.endsWith("person") ? "person" : "agents" }))
        )
        yield* pass("30 seconds")
        yield* Fiber.joinAll([fiber, ...others])
        deepStrictEqual(
          calls.map(({ name }) => name),
          ["first", "person", "another person", "first", "agent", "another agent"]
        )
      })
    )
  )

  it.effect("disturbs no other provider", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { turn } = yield* vendor(() => overloaded)
        const { seconds, turn: other } = yield* vendor(() => undefined)
        yield* Effect.fork(turn())
        yield* pass("1 minute")
        yield* other({ provider: "q" })
        deepStrictEqual(seconds(), [60])
      })
    )
  )

  it.effect("fails the turn with its own error when nobody can wait any longer, or for so long", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { seconds, turn } = yield* vendor((now) =>
          now < 90_000 ? overloaded : new RateLimited({ retryAfterMs: 3_000_000 })
        )
        const patient = yield* Effect.fork(turn({ patienceMs: 60_000 }))
        yield* pass("59 seconds")
        assertEquals(yield* tagOf(patient), "Overloaded")
        yield* pass("61 seconds")
        const asked = seconds().length
        assertEquals(yield* tagOf(yield* Effect.fork(turn())), "RateLimited")
        assertEquals(yield* tagOf(yield* Effect.fork(turn())), "RateLimited")
        assertEquals(seconds().length, asked + 1)
      })
    )
  )

  it.effect("is asked at once, and once, by who has no patience", () =>
    world(() =>
      Effect.gen(function* () {
        const { seconds, turn } = yield* vendor(() => overloaded)
        assertEquals(yield* tagOf(yield* Effect.fork(turn({ patienceMs: 0 }))), "Overloaded")
        assertEquals(yield* tagOf(yield* Effect.fork(turn({ patienceMs: 0 }))), "Overloaded")
        deepStrictEqual(seconds(), [0, 0])
      })
    )
  )

  it.effect("is rid of who no longer waits at once", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { calls, state, turn } = yield* vendor(until(100))
        const fibers = yield* Effect.forEach(["one", "other"], () => Effect.fork(turn()))
        yield* pass("20 seconds")
        assertEquals((yield* state).waiting, 2)
        const asked = calls.length
        for (const fiber of fibers) assertTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        deepStrictEqual([(yield* state).waiting, (yield* state).under_way], [0, 0])
        yield* pass("5 minutes")
        assertEquals(calls.length, asked)
      })
    )
  )

  it.effect("is rid of who is told to leave, in line and in a pause of its own, and lets those speak who do", () =>
    world((pass) =>
      Effect.gen(function* () {
        const gone = yield* Deferred.make<void>()
        const leave = Deferred.await(gone)
        const refusing = yield* vendor(() => overloaded)
        const crashing = yield* vendor(() => crashed)
        const speaking = yield* vendor(() => undefined, { speechMs: 30_000 })
        const waiting = [
          yield* Effect.fork(refusing.turn({ leave })),
          yield* Effect.fork(crashing.turn({ leave, provider: "q" }))
        ]
        const spoken = yield* Effect.fork(speaking.turn({ leave, provider: "r" }))
        yield* pass(10)
        deepStrictEqual(
          [refusing, crashing].map(({ told }) => told.at(-1)?.reason),
          ["overloaded", "crashed"]
        )

        yield* Deferred.succeed(gone, undefined)

        for (const fiber of waiting) assertTrue(Exit.isInterrupted(yield* Fiber.await(fiber)))
        assertTrue(Exit.isInterrupted(yield* Fiber.await(yield* Effect.fork(refusing.turn({ leave })))))
        assertEquals((yield* refusing.state).waiting, 0)
        yield* pass("30 seconds")
        assertEquals(yield* Fiber.join(spoken), "said")
      })
    )
  )

  it.effect("does not hold up the others when the one whose try was to decide has gone", () =>
    world((pass) =>
      Effect.gen(function* () {
        const { state, turn } = yield* vendor((now) => (now < 40_000 ? overloaded : undefined), { latencyMs: 500 })
        const decider = yield* Effect.fork(turn())
        const other = yield* Effect.fork(turn())
        yield* passing(pass, state, ({ state }) => state === "half_open")
        yield* pass("100 millis")
        yield* Fiber.interrupt(decider)
        yield* pass("3 minutes")
        assertEquals(yield* Fiber.join(other), "said")
      })
    )
  )
})

describe("a turn's span", () => {
  it.effect("tells how long the turn waited for its provider in all, and each pause that it was told", () =>
    world((pass) =>
      Effect.gen(function* () {
        const limited = new RateLimited({ retryAfterMs: 5000 })
        const { turn } = yield* vendor((_, call) => (call <= 2 ? limited : undefined), { latencyMs: 100 })
        const traced = Effect.zipRight(turn(), Effect.currentSpan).pipe(Effect.withSpan("turn"))
        const fiber = yield* Effect.fork(traced)
        yield* pass("20 seconds")
        const { attributes, ...span } = yield* Fiber.join(fiber)
        const waited = Number(attributes.get("parley.gate.wait_ms"))
        assertTrue(waited >= 10_000 && waited < 12_500, String(waited))
        const events: ReadonlyArray<readonly [string, bigint, Readonly<Record<string, unknown>>]> =
          "events" in span && Array.isArray(span.events) ? span.events : []
        const delays = events.map(([, , told]) => Number(told["parley.retry.delay_ms"]))
        assertTrue(delays.length === 2 && delays.every((ms) => ms >= 5000 && ms < 6000), delays.join())
      })
    )
  )
})
