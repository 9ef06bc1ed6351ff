import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber, Option, Stream } from "effect"
import { Overloaded, SessionLost } from "../../src/domain/ProviderError.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { LiveTurns } from "../../src/engine/LiveTurns.ts"
import { SdkPool } from "../../src/models/SdkPool.ts"
import { inHouse, room, setup } from "../support/Duo.ts"
import * as Puppet from "../support/Puppet.ts"
import { is } from "../support/events.ts"

const firstPass =
  (text: (agent: string) => string): Puppet.Act =>
  (call) =>
    call.number <= 2
      ? Stream.concat(Puppet.say(text(call.spec.agentName)), Puppet.done(`s${call.number}`))
      : Puppet.skip(call)

describe("Orchestrator", () => {
  it.scopedLive("both agents of a room answer, are stored in order, and the round says why it ended", () => {
    const puppet = Puppet.make({ act: firstPass((agent) => `I am ${agent}, and this is long enough to be shown.`) })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { said, say, turns, watch } = yield* setup

        yield* say("Who is there?")
        const end = yield* watch.ended

        assertEquals(end.stop_reason, "complete")
        const texts = (yield* said).map(([, content]: ReadonlyArray<unknown>) => content)
        assertEquals(texts[0], "Who is there?")
        deepStrictEqual(texts.slice(1).toSorted(), [
          "I am Ada, and this is long enough to be shown.",
          "I am Bo, and this is long enough to be shown."
        ])
        deepStrictEqual(
          (yield* turns).map(([, outcome]) => outcome),
          ["replied", "replied", "skipped"]
        )
        const types = watch.seen.map(({ type }) => type).filter((type) => type !== "content_delta")
        deepStrictEqual(types.slice(0, 5), [
          "new_message",
          "round_started",
          "stream_start",
          "new_message",
          "stream_end"
        ])
      })
    )
  })

  it.scopedLive("a second message stops the provider at once, keeps what was said, and is answered next", () =>
    Effect.gen(function* () {
      const speaking = yield* Deferred.make<void>()
      const puppet = Puppet.make({
        act: (call) => {
          if (call.number > 1) return Puppet.skip(call)
          const hang = Stream.fromEffect(Effect.zipRight(Deferred.succeed(speaking, undefined), Effect.never))
          return Stream.concat(Puppet.say("A story that is never finished, because somebody"), hang)
        }
      })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { said, say, turns, watch } = yield* setup

          yield* say("Tell a story.")
          yield* Deferred.await(speaking)
          yield* say("Stop, something else!")
          const first = yield* watch.ended
          const second = yield* watch.ended

          deepStrictEqual([first.stop_reason, second.stop_reason], ["interrupted", "everyone_skipped"])
          assertEquals(puppet.interrupted(), 1)
          deepStrictEqual(
            (yield* turns).map(([, outcome]) => outcome),
            ["interrupted", "skipped", "skipped"]
          )
          const partial = (yield* said).filter(([agent]: ReadonlyArray<unknown>) => agent !== null)
          deepStrictEqual(
            partial.map((row: ReadonlyArray<unknown>) => row.slice(1)),
            [["A story that is never finished, because somebody", true]]
          )
          assertTrue(puppet.calls[1]?.text.includes("cut off in mid-sentence") ?? false)
          assertTrue(puppet.calls[1]?.text.includes("Stop, something else!") ?? false)
        })
      )
    })
  )

  it.scopedLive("a pause is acknowledged when the last word is spoken, not before", () =>
    Effect.gen(function* () {
      const speaking = yield* Deferred.make<void>()
      const slow = yield* Deferred.make<void>()
      const hang = Stream.fromEffect(Effect.zipRight(Deferred.succeed(speaking, undefined), Effect.never))
      const puppet = Puppet.make({ act: () => Stream.ensuring(hang, Deferred.await(slow)) })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { ask, pause, say, turns, watch } = yield* setup
          const live = yield* LiveTurns

          yield* say("Go on.")
          yield* Deferred.await(speaking)
          const pausing = yield* Effect.fork(pause)
          yield* watch.until("room_updated")
          yield* Effect.repeatN(
            ask(({ system }) => system.health()),
            4
          )
          const early = yield* Fiber.poll(pausing)
          yield* Deferred.succeed(slow, undefined)
          const paused = yield* Fiber.join(pausing)

          assertTrue(Option.isNone(early))
          assertEquals(paused.is_paused, true)
          assertEquals(live.inRoom(RoomId.make(paused.id)).length, 0)
          deepStrictEqual(yield* turns, [[puppet.calls[0]?.spec.agentName, "interrupted"]])
          assertEquals((yield* watch.ended).stop_reason, "paused")
        })
      )
    })
  )

  it.scopedLive("a failure is told to people, is nobody's words, and does not stop the others", () => {
    const puppet = Puppet.make({
      act: (call) =>
        call.number === 1
          ? Stream.fail(new Overloaded({ retryAfterMs: null }))
          : call.number === 2
            ? Stream.concat(Puppet.say("I, at least, can speak."), Puppet.done())
            : Puppet.skip(call)
    })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { said, say, turns, watch } = yield* setup

        yield* say("Anyone?")
        yield* watch.ended

        const failed = watch.seen.filter(is("stream_end")).find(({ outcome }) => outcome === "failed")
        assertEquals(failed?.error?._tag, "Overloaded")
        deepStrictEqual(
          (yield* turns).slice(0, 2).map(([, outcome]) => outcome),
          ["failed", "replied"]
        )
        assertEquals((yield* said).length, 2)
        assertTrue(puppet.calls.every(({ text }) => !text.includes("Overloaded")))
      }),
      { PROVIDER_PATIENCE_SECONDS: "0" }
    )
  })

  it.scopedLive("a lost session is begun anew from the log", () => {
    const puppet = Puppet.make({
      act: (call) => {
        if (call.spec.resume === "s1") return Stream.fail(new SessionLost())
        return Stream.concat(Puppet.say(`reply ${call.number}`), Puppet.done("s1"))
      }
    })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { ask, inRoom, leave, say, watch } = yield* setup
        const [, second] = yield* ask(({ rooms }) => rooms.roster({ path: inRoom }))
        yield* leave(second?.id ?? 0)

        yield* say("The code word is heron.")
        yield* watch.ended
        yield* Effect.flatMap(SdkPool, (pool) => pool.evict(() => true))
        yield* say("What was the code word?")
        yield* watch.ended

        const [first, lost, anew] = puppet.calls
        deepStrictEqual([first?.spec.resume, lost?.spec.resume, anew?.spec.resume], [null, "s1", null])
        assertTrue(!lost?.text.includes("heron"))
        assertTrue(anew?.text.includes("heron") ?? false)
        assertTrue(anew?.text.includes("reply 1") ?? false)
      })
    )
  })

  it.scopedLive("replies never exceed max_interactions", () => {
    const puppet = Puppet.make({ act: ({ number }) => Stream.concat(Puppet.say(`reply ${number}`), Puppet.done("s")) })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { change, said, say, watch } = yield* setup
        yield* change({ max_interactions: 3 })

        yield* say("Talk.")
        const end = yield* watch.ended

        assertEquals(end.stop_reason, "max_interactions")
        assertEquals((yield* said).length, 1 + 3)
      })
    )
  })

  it.scopedLive("a skip is never seen as speech, even after a few words", () => {
    const puppet = Puppet.make({ act: (call) => Stream.concat(Puppet.say("(stays silent)"), Puppet.skip(call)) })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { said, say, watch } = yield* room({ someone_answers: false })

        yield* say("Hm?")
        const end = yield* watch.ended

        assertEquals(end.stop_reason, "everyone_skipped")
        assertEquals((yield* said).length, 1)
        assertTrue(watch.seen.every(({ type }) => type !== "content_delta"))
        assertEquals(puppet.calls.length, 2)
      })
    )
  })
})
