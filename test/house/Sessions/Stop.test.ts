import { describe, layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Console, Deferred, Duration, Effect, Layer } from "effect"
import { Ground, life, room } from "../../support/ClaudeRooms.ts"
import { whyNoClaude } from "../../support/claude.ts"
import * as Api from "../../support/MessagesApi.ts"

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
const endless = Api.answer(Api.text("It began on a night so still that every clock", Effect.never))
const repeats = 3

const setup = Effect.gen(function* () {
  const found = yield* room("Ada")
  const { api, say, watch } = found
  const speak = Effect.zipRight(api.reply(endless), say("Tell us a story."))
  /** From the sending of a request to the end of the connection that its model speaks on. */
  const timeOf = Effect.fnUntraced(function* <A, E>(stop: Effect.Effect<A, E>) {
    yield* watch.until("content_delta")
    const call = yield* Effect.fromNullable(api.calls.at(-1))
    const [took, whole] = yield* Effect.timed(Effect.zipRight(Effect.fork(stop), Deferred.await(call.closed)))
    assertEquals(whole, false)
    return Duration.toMillis(took)
  })
  return { ...found, speak, timeOf }
})

describe.skipIf(why !== "")(`what stops agents, with the real Claude client ${why}`, { timeout: 60_000 }, () => {
  layer(house, { excludeTestServices: true })((it) => {
    it.scoped("a second message and a pause close the provider's connection within 100 ms", () =>
      Effect.gen(function* () {
        const { pause, resume, speak, timeOf, watch } = yield* setup
        const begin = Effect.zipRight(resume, speak)

        const pauses = yield* Effect.replicateEffect(
          Effect.zipRight(begin, Effect.zipLeft(timeOf(pause), watch.ended)),
          repeats
        )
        yield* begin
        const messages = yield* Effect.replicateEffect(timeOf(speak), repeats)
        yield* timeOf(pause)

        yield* Console.log("from the request to the closed connection, in ms:", { pauses, messages })
        // The best of each: what the stop needs, whatever else the machine is doing.
        assertTrue(Math.min(...messages) < 100 && Math.min(...pauses) < 100)
      })
    )

    it.scoped("two that thank each other for ever are stopped, and the room says why", () =>
      Effect.gen(function* () {
        const { change, read, round, rounds } = yield* room("Ada", "Bo")
        yield* change({ max_messages: 1000, max_follow_ups: 100 })

        const asked = yield* round("Thank each other, @Ada and @Bo.")

        assertTrue(asked.length <= 12)
        const [last] = yield* rounds
        assertEquals(last?.stop_reason, "loop_guard")
        const { loop_guard } = yield* read
        assertEquals(loop_guard, last?.stop_detail)
        assertTrue(typeof loop_guard === "string")
      })
    )

    it.scoped("a room over its budget pauses without asking the model again", () =>
      Effect.gen(function* () {
        const { api, change, read, round, rounds } = yield* room("Ada")
        yield* change({ budget_usd: budget })
        yield* api.reply(Api.answerCosting(dear, Api.text("A long answer.")))
        yield* round("Alder.")

        deepStrictEqual(yield* round("Birch."), [])

        const { is_paused, spent_usd } = yield* read
        deepStrictEqual([is_paused, spent_usd > budget], [true, true])
        deepStrictEqual(
          (yield* rounds).map(({ stop_reason }) => stop_reason),
          ["budget", "complete"]
        )
      })
    )
  })
})
