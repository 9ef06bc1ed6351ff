import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Deferred, Effect, Fiber, Stream, TestClock } from "effect"
import { hear } from "../../src/models/Deadlines.ts"
import { ProviderEvent } from "../../src/domain/Provider.ts"
import { Overloaded, type ProviderError, TimedOut } from "../../src/domain/ProviderError.ts"
import { pulled } from "../support/turns.ts"

const text = ProviderEvent.TextDelta({ text: "so" })
const done = ProviderEvent.Done({
  sessionId: "s1",
  model: "m",
  finish: "stop",
  finishReason: null
})

const after = (ms: number, ...events: ReadonlyArray<ProviderEvent>) =>
  Stream.drain(Stream.fromEffect(Effect.sleep(ms))).pipe(Stream.concat(Stream.fromIterable(events)))

const turn = (...parts: ReadonlyArray<Stream.Stream<ProviderEvent, ProviderError>>) =>
  Effect.suspend(() => {
    const heard: Array<ProviderEvent> = []
    const note = (event: ProviderEvent) => {
      heard.push(event)
      return null
    }
    const all = Stream.concatAll(Chunk.fromIterable(parts))
    return Effect.as(hear({ firstTokenMs: 1000, idleMs: 500, totalMs: 3000 })(pulled(all), note), heard)
  })

/** Plays a turn and looks at it shortly before and at the time given. */
const endsAt = (ms: number, turn: Effect.Effect<ReadonlyArray<ProviderEvent>, ProviderError>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(turn)
    yield* TestClock.adjust(ms - 1)
    assertTrue(fiber.unsafePoll() === null)
    yield* TestClock.adjust(1)
    return yield* Fiber.join(fiber)
  })

describe("hear", () => {
  it.effect("passes a turn on that keeps to them", () =>
    Effect.gen(function* () {
      const events = yield* endsAt(2000, turn(after(999, text), after(499, text), after(499, text), after(3, done)))

      deepStrictEqual(events, [text, text, text, done])
    })
  )

  it.effect("fails a turn that does not begin", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(endsAt(1000, turn(Stream.never)))

      assertEquals(error, new TimedOut({ phase: "first_token", afterMs: 1000 }))
    })
  )

  it.effect.each([text, ProviderEvent.ThinkingDelta({ text: "hm" }), ProviderEvent.ToolUse({ name: "recall" })])(
    "a turn has begun with $_tag, and fails when it falls silent",
    (first) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(endsAt(1400, turn(after(900, first), Stream.never)))

        assertEquals(error, new TimedOut({ phase: "idle", afterMs: 500 }))
      })
  )

  it.effect("a turn that falls silent early does not have the rest of the time for its first token", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(endsAt(600, turn(after(100, text), Stream.never)))

      assertEquals(error, new TimedOut({ phase: "idle", afterMs: 500 }))
    })
  )

  it.effect("fails a turn that speaks on and on", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(endsAt(3000, turn(after(400, text).pipe(Stream.forever))))

      assertEquals(error, new TimedOut({ phase: "total", afterMs: 3000 }))
    })
  )

  it.effect("is not fooled by a provider that sends nothing often", () =>
    Effect.gen(function* () {
      const nothing = after(100, text).pipe(
        Stream.filter(() => false),
        Stream.forever
      )
      const error = yield* Effect.flip(endsAt(1000, turn(nothing)))

      assertEquals(error, new TimedOut({ phase: "first_token", afterMs: 1000 }))
    })
  )

  it.effect("has stopped the provider when the error arrives", () =>
    Effect.gen(function* () {
      const stopped = yield* Deferred.make<void>()
      const hanging = Stream.fromEffect(Effect.never).pipe(Stream.ensuring(Deferred.succeed(stopped, undefined)))
      yield* Effect.exit(endsAt(1000, turn(hanging)))

      assertTrue(yield* Deferred.isDone(stopped))
    })
  )

  it.effect("gives nothing back before the provider has cleaned up, also when it is interrupted from outside", () =>
    Effect.gen(function* () {
      const steps: Array<string> = []
      const note = (step: string) => Effect.sync(() => void steps.push(step))
      const speech = Stream.ensuring(Stream.never, Effect.zipRight(Effect.sleep(100), note("cleaned up")))
      const leased = Effect.scoped(
        Effect.zipRight(
          Effect.addFinalizer(() => note("given back")),
          turn(speech)
        )
      )
      const fiber = yield* Effect.fork(leased)
      yield* TestClock.adjust(500)
      const stopped = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust(100)
      yield* Fiber.join(stopped)

      deepStrictEqual(steps, ["cleaned up", "given back"])
    })
  )

  it.effect("leaves the provider's own errors as they are", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(turn(Stream.make(text), Stream.fail(new Overloaded({ retryAfterMs: null }))))

      assertEquals(error, new Overloaded({ retryAfterMs: null }))
    })
  )
})
