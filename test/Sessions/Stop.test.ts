import { describe, layer } from "@effect/vitest"
import { assertEquals, assertTrue } from "@effect/vitest/utils"
import { Array, Console, Deferred, Duration, Effect, Layer, Order } from "effect"
import { Ground, life, room } from "../support/ClaudeRooms.ts"
import { whyNoClaude } from "../support/claude.ts"
import * as Api from "../support/MessagesApi.ts"

const house = life().pipe(Layer.provideMerge(Ground.layer({ Ada: "Ada builds clocks." })))
const why = whyNoClaude()
const endless = Api.answer(Api.text("It began on a night so still that every clock", Effect.never))
const repeats = 3

const setup = Effect.gen(function* () {
  const found = yield* room("Ada")
  const { api, id, json, say, watch } = found
  const speak = Effect.zipRight(api.reply(endless), say("Tell us a story."))
  /** From the sending of a request to the end of the connection that its model speaks on. */
  const timeOf = Effect.fnUntraced(function* <A, E>(stop: Effect.Effect<A, E>) {
    yield* watch.until(({ type }) => type === "content_delta")
    const call = yield* Effect.fromNullable(api.calls.at(-1))
    const [took, whole] = yield* Effect.timed(Effect.zipRight(Effect.fork(stop), Deferred.await(call.closed)))
    assertEquals(whole, false)
    return Duration.toMillis(took)
  })
  const pause = json("POST", `/rooms/${id}/pause`)
  const resume = json("POST", `/rooms/${id}/resume`)
  return { ...found, pause, resume, speak, timeOf }
})

// The middle one: what a stop takes as a rule, though the machine may have been busy with something else for once.
const median = (times: ReadonlyArray<number>) =>
  Array.sort(times, Order.number)[Math.floor(times.length / 2)] ?? Infinity

describe.skipIf(why !== "")(`the stop of a speaking agent, with the real Claude client ${why}`, () => {
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
        yield* pause

        yield* Console.log("from the request to the closed connection, in ms:", { pauses, messages })
        assertTrue(median(messages) < 100 && median(pauses) < 100)
      })
    )
  })
})
