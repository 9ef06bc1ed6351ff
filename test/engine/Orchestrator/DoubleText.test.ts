import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import { inHouse, room } from "../../support/Duo.ts"
import * as House from "../../support/House.ts"
import * as Puppet from "../../support/Puppet.ts"

/** The first turn waits until it is let go, all others are silent. */
const held = Effect.gen(function* () {
  const speaking = yield* Deferred.make<void>()
  const go = yield* Deferred.make<void>()
  const puppet = Puppet.make({
    act: (call) => {
      if (call.number > 1) return Puppet.skip(call)
      const wait = Effect.zipRight(Deferred.succeed(speaking, undefined), Deferred.await(go))
      return Stream.concat(
        Stream.concat(Puppet.say("This is the beginning of a long thought"), Stream.drain(Stream.fromEffect(wait))),
        Stream.concat(Puppet.say(", and its end."), Puppet.done())
      )
    }
  })
  return { speaking: Deferred.await(speaking), go: Deferred.succeed(go, undefined), puppet }
})

const whole = "This is the beginning of a long thought, and its end."

describe("a message during a round", () => {
  it.scopedLive(
    "waits for the turn under way when the room enqueues; the next round sees all that came, and who was named",
    () =>
      Effect.gen(function* () {
        const { go, puppet, speaking } = yield* held
        yield* inHouse(
          puppet,
          Effect.gen(function* () {
            const { lastRound, said, say, turns, watch } = yield* room({ double_text: "enqueue" })
            yield* say("First.")
            yield* speaking
            yield* say("Second, for @Bo.")
            yield* say("Third, for @Ada.")
            yield* go
            const ends = [yield* watch.ended, yield* watch.ended, yield* watch.ended]

            deepStrictEqual(
              ends.map((end) => end.stop_reason),
              ["interrupted", "interrupted", "everyone_skipped"]
            )
            deepStrictEqual(
              (yield* said).map(([name, content, partial]: ReadonlyArray<unknown>) => [name, content, partial]),
              [
                [null, "First.", false],
                [null, "Second, for @Bo.", false],
                [null, "Third, for @Ada.", false],
                [(yield* turns)[0]?.[0], whole, false]
              ]
            )
            deepStrictEqual(
              (yield* turns).map(([, outcome]) => outcome),
              ["replied", "skipped", "skipped"]
            )
            const { tape } = yield* lastRound
            deepStrictEqual(
              tape.map(({ speakers: [first] }) => first?.name),
              ["Bo", "Ada"]
            )
          })
        )
      })
  )

  it.scopedLive("is refused and not stored when the room rejects it, and taken when the round is over", () =>
    Effect.gen(function* () {
      const { go, puppet, speaking } = yield* held
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { said, say, watch } = yield* room({ double_text: "reject" })
          yield* say("First.")
          yield* speaking
          const refused = yield* Effect.flip(say("Second."))
          deepStrictEqual([refused.status, refused.tag], [409, "RoomBusy"])
          yield* go
          yield* watch.ended
          yield* say("Third.")
          yield* watch.ended
          deepStrictEqual(
            (yield* said).map(([, content]: ReadonlyArray<unknown>) => content),
            ["First.", whole, "Third."]
          )
        })
      )
    })
  )
})

describe("while an agent speaks", () => {
  it.scopedLive("it can be sent out: its turn ends there, its words keep its name, and the others go on", () =>
    Effect.gen(function* () {
      const { puppet, speaking } = yield* held
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { idOf, leave, said, say, turns, watch } = yield* room()
          yield* say("Hello.")
          yield* speaking
          const speaker = puppet.calls[0]?.spec.agentName ?? ""
          yield* leave(idOf(speaker))
          deepStrictEqual((yield* turns)[0], [speaker, "interrupted"])
          assertEquals((yield* watch.ended).stop_reason, "everyone_skipped")
          deepStrictEqual((yield* said).at(-1), [speaker, "This is the beginning of a long thought", true])
          assertEquals((yield* turns).length, 2)
        })
      )
    })
  )

  it.scopedLive("its folder can be taken away: its turn ends there, and its words keep its name", () =>
    Effect.gen(function* () {
      const { puppet, speaking } = yield* held
      const fs = yield* FileSystem.FileSystem
      const folders = yield* House.folders({ Ada: "Ada builds clocks." })
      yield* Effect.provide(
        Effect.gen(function* () {
          const { said, say, turns, watch } = yield* room()
          yield* say("Hello.")
          yield* speaking
          yield* fs.remove(`${folders.AGENTS_DIR}/Ada`, { recursive: true })
          assertEquals((yield* watch.until("stream_end")).outcome, "interrupted")
          yield* watch.ended
          deepStrictEqual(yield* turns, [["Ada", "interrupted"]])
          deepStrictEqual((yield* said).at(-1), ["Ada", "This is the beginning of a long thought", true])
        }),
        House.layer({ settings: folders, providers: [puppet.provider] })
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("the room can be cleared: what it was saying is discarded, and no agent remembers", () =>
    Effect.gen(function* () {
      const { puppet, speaking } = yield* held
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { clear, said, say, turns, watch } = yield* room()
          yield* say("A secret: the key is under the stone.")
          yield* speaking
          yield* clear
          assertEquals((yield* watch.ended).stop_reason, "interrupted")
          deepStrictEqual(yield* said, [])
          deepStrictEqual(
            (yield* turns).map(([, outcome]) => outcome),
            ["discarded"]
          )
          yield* say("What did I say?")
          yield* watch.ended
          const later = puppet.calls.slice(1)
          deepStrictEqual(
            later.map(({ spec, text }) => [text.includes("stone"), spec.resume]),
            [
              [false, null],
              [false, null]
            ]
          )
        })
      )
    })
  )
})
