import { describe, layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
import { Ground, life, room } from "../support/ClaudeRooms.ts"
import { whyNoClaude } from "../support/claude.ts"
import * as Api from "../support/MessagesApi.ts"

/** What a turn of it costs is more than the room of the test has. */
const dear = { ...Api.usage, output_tokens: 20_000 }
const budget = 0.06
const adverbs = ["truly", "very", "most", "deeply", "so", "ever so", "really", "simply"]

/** Thanks the other, each time in other words. */
const thanks: Api.Reply = (response, call) => {
  const adverb = adverbs[call.number % adverbs.length]
  return Api.answer(Api.text(`Thank you, thank you, you are ${adverb} kind to me!`))(response, call)
}

const house = life().pipe(Layer.provideMerge(Ground.layer({ Ada: "Ada builds clocks.", Bo: "Bo keeps bees." }, thanks)))
const why = whyNoClaude()

describe.skipIf(why !== "")(`what stops the agents of a room, with the real Claude client ${why}`, () => {
  layer(house, { excludeTestServices: true })((it) => {
    it.scoped("two that thank each other for ever are stopped, and the room says why", () =>
      Effect.gen(function* () {
        const { id, json, round } = yield* room("Ada", "Bo")
        yield* json("PATCH", `/rooms/${id}`, { max_messages: 1000, max_follow_ups: 100 })

        const asked = yield* round("Thank each other, @Ada and @Bo.")

        assertTrue(asked.length <= 12)
        const [last] = (yield* json("GET", `/rooms/${id}/rounds`)).data
        assertEquals(last.stop_reason, "loop_guard")
        const { data } = yield* json("GET", `/rooms/${id}`)
        assertEquals(data.loop_guard, last.stop_detail)
        assertTrue(typeof data.loop_guard === "string")
      })
    )

    it.scoped("a room over its budget pauses without asking the model again", () =>
      Effect.gen(function* () {
        const { api, id, json, round } = yield* room("Ada")
        yield* json("PATCH", `/rooms/${id}`, { budget_usd: budget })
        yield* api.reply(Api.answerCosting(dear, Api.text("A long answer.")))
        yield* round("Alder.")

        deepStrictEqual(yield* round("Birch."), [])

        const { data } = yield* json("GET", `/rooms/${id}`)
        deepStrictEqual([data.is_paused, data.spent_usd > budget], [true, true])
        const rounds = (yield* json("GET", `/rooms/${id}/rounds`)).data
        deepStrictEqual(
          rounds.map(({ stop_reason }: { readonly stop_reason: string }) => stop_reason),
          ["budget", "complete"]
        )
      })
    )
  })
})
