import { describe, layer } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Layer } from "effect"
import { children } from "../../support/children.ts"
import { countIn, Ground, life, room, turnsIn } from "../../support/ClaudeRooms.ts"
import { whyNoClaude } from "../../support/claude.ts"
import * as Api from "../../support/MessagesApi.ts"

const house = life().pipe(Layer.provideMerge(Ground.layer({ Ada: "Ada builds clocks." })))
const why = whyNoClaude()
const begun = "It began on a night so still that every clock"
const cutOff = "Ada (you, cut off in mid-sentence):"

const setup = Effect.gen(function* () {
  const found = yield* room("Ada")
  const { api, messages, say, watch } = found
  /** A round in which the model does as told. */
  const play = Effect.fnUntraced(function* (content: string, ...replies: ReadonlyArray<Api.Reply>) {
    yield* api.reply(...replies)
    yield* say(content)
    yield* watch.ended
  })
  const said = Effect.map(messages, (all) => all.map(({ content, partial }) => [content, partial] as const))
  return { ...found, play, said }
})

describe.skipIf(why !== "")(
  `what an agent knows of a reply that nobody heard whole, with the real client ${why}`,
  { timeout: 60_000 },
  () => {
    layer(house, { excludeTestServices: true })((it) => {
      it.scoped("after an interruption it knows what the room shows, marked as cut off, and no word more", () =>
        Effect.gen(function* () {
          const { api, round, said, say, watch } = yield* setup
          yield* round("Alder.", "Amber.")
          const gate = yield* Deferred.make<void>()
          yield* api.reply(
            Api.answer(Api.thinking("Maple."), Api.text(begun, Deferred.await(gate), " Dogwood.", Effect.never)),
            Api.answer(Api.text("Copper."))
          )
          yield* say("Birch.")
          yield* watch.until("content_delta")
          const asked = api.calls.length

          yield* Effect.all([say("Cedar."), Deferred.succeed(gate, undefined)], { concurrency: "unbounded" })
          yield* Effect.zipRight(watch.ended, watch.ended)

          const next = api.calls[asked]
          const shown = (yield* said).some(([content]) => content.includes("Dogwood"))
          deepStrictEqual(turnsIn(next), ["user"])
          deepStrictEqual(countIn(next, "Alder", "Amber", "Birch", begun, cutOff, "Cedar"), [1, 1, 1, 1, 1, 1])
          deepStrictEqual(countIn(next, "Dogwood"), [shown ? 1 : 0])
          assertTrue(next !== undefined && !/Maple|interrupted/i.test(next.body))
        })
      )

      it.scoped("after a failure it knows what was shown, and nothing that was not", () =>
        Effect.gen(function* () {
          const { play, round, said } = yield* setup
          yield* play("Alder.", Api.answer(Api.text("Maple.", Api.overload)))
          yield* play("Birch.", Api.answer(Api.text(begun, Effect.sleep("50 millis"), Api.cut)))

          const [next] = yield* round("Cedar.", "Copper.")

          deepStrictEqual(turnsIn(next), ["user"])
          deepStrictEqual(countIn(next, "Alder", "Maple", "Birch", begun, cutOff, "Cedar"), [1, 0, 1, 1, 1, 1])
          deepStrictEqual(yield* said, [
            ["Alder.", false],
            ["Birch.", false],
            [begun, true],
            ["Cedar.", false],
            ["Copper.", false]
          ])
        })
      )

      it.scoped("after a clearing, be it in the middle of an answer, it knows nothing", () =>
        Effect.gen(function* () {
          const { api, clear, round, say, watch } = yield* setup
          yield* round("Alder.", "Amber.")
          yield* api.reply(Api.answer(Api.text(begun, Effect.never)))
          yield* say("Birch.")
          yield* watch.until("content_delta")
          yield* clear
          yield* watch.ended

          const [next] = yield* round("Cedar.", "Copper.")

          yield* clear
          const [last] = yield* round("Elder.", "Ebony.")

          deepStrictEqual([turnsIn(next), turnsIn(last)], [["user"], ["user"]])
          assertTrue(next !== undefined && !/Alder|Amber|Birch|It began/.test(next.body))
          assertTrue(last !== undefined && !/Cedar|Copper/.test(last.body))
        })
      )

      it.scoped("words that follow a skip reach nobody, and the agent does not think that they did", () =>
        Effect.gen(function* () {
          const { play, round, said } = yield* setup
          const unheard = "Maple, and many more words that nobody in the room has heard."
          yield* play("Alder.", Api.answer(Api.toolUse("skip", "{}"), Api.text(unheard)))
          deepStrictEqual(yield* said, [["Alder.", false]])

          const [next] = yield* round("Birch.", "Bronze.")

          deepStrictEqual(countIn(next, "Alder", "Maple", "Birch"), [1, 0, 1])
        })
      )

      it.scoped("a session that is full in the middle of an answer does not make the room hear it twice", () =>
        Effect.gen(function* () {
          const { play, round, said } = yield* setup
          yield* round("Alder.", "Amber.")
          const first = Api.answer(Api.text(begun), Api.toolUse("memorize", '{"memory_entry":"x"}'))

          yield* play("Birch.", first, Api.tooLong)

          deepStrictEqual((yield* said).at(-1), [begun, true])
        })
      )

      it.scoped("an idle client whose process has died costs no turn", () =>
        Effect.gen(function* () {
          const { round } = yield* setup
          yield* round("Alder.", "Amber.")
          for (const id of yield* children) process.kill(id, "SIGKILL")

          const [next] = yield* round("Birch.", "Bronze.")

          deepStrictEqual(countIn(next, "Alder", "Amber", "Birch"), [1, 1, 1])
        })
      )
    })
  }
)
