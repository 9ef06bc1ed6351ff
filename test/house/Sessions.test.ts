import { describe, it, layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
import { askedOf, countIn, countInNews, enter, Ground, life, promptOf, room, turnsIn } from "../support/ClaudeRooms.ts"
import { whyNoClaude } from "../support/claude.ts"
import { is } from "../support/events.ts"

const agents = { Ada: "Ada builds clocks and likes marigolds.", Bo: "Bo keeps bees." }
const house = life().pipe(Layer.provideMerge(Ground.layer(agents)))
const goesOn = ["user", "assistant", "user"]
const why = whyNoClaude()

describe.skipIf(why !== "")(
  `what an agent's session knows, with the real Claude client ${why}`,
  { timeout: 60_000 },
  () => {
    layer(house, { excludeTestServices: true })((it) => {
      it.scoped("a session goes on and is given the news alone, by its client and by a later one", () =>
        Effect.gen(function* () {
          const { evict, round, session } = yield* room("Ada")
          yield* round("Alder.", "Amber.")
          const begun = yield* session("Ada")

          const [second] = yield* round("Birch.", "Bronze.")
          yield* evict
          const [third] = yield* round("Cedar.", "Copper.")

          deepStrictEqual([turnsIn(second), turnsIn(third)], [goesOn, [...goesOn, "assistant", "user"]])
          deepStrictEqual(countIn(third, "Alder", "Amber", "Birch", "Bronze", "Cedar"), [1, 1, 1, 1, 1])
          deepStrictEqual(countInNews(third, "Alder", "Amber", "Birch", "Bronze", "Cedar"), [0, 0, 0, 0, 1])
          assertEquals(yield* session("Ada"), begun)
        })
      )

      it.scoped("a session that is lost is opened anew with all that the room knows, each message once", () =>
        Effect.gen(function* () {
          const { evict, loseRecord, round, session } = yield* room("Ada")
          yield* round("Alder.", "Amber.")
          yield* round("Birch.", "Bronze.")
          const begun = yield* session("Ada")
          yield* evict
          yield* loseRecord("Ada")

          const asked = yield* round("Cedar.", "Copper.")

          deepStrictEqual(asked.map(turnsIn), [["user"]])
          deepStrictEqual(countIn(asked[0], "Alder", "Amber", "Birch", "Bronze", "Cedar"), [1, 1, 1, 1, 1])
          assertTrue((yield* session("Ada")) !== begun)
        })
      )

      it.scoped("a record that is taken away under a living client costs no memory, then or later", () =>
        Effect.gen(function* () {
          const { evict, loseRecord, round } = yield* room("Ada")
          yield* round("Alder.", "Amber.")
          yield* loseRecord("Ada")

          const [second] = yield* round("Birch.", "Bronze.")
          yield* evict
          const [third] = yield* round("Cedar.", "Copper.")

          deepStrictEqual([turnsIn(second), countIn(second, "Alder", "Amber", "Birch")], [goesOn, [1, 1, 1]])
          deepStrictEqual(countIn(third, "Alder", "Amber", "Birch", "Bronze", "Cedar"), [1, 1, 1, 1, 1])
        })
      )

      it.scoped("a changed persona speaks at once, from the log, and leaves the sessions of others alone", () =>
        Effect.gen(function* () {
          const { rewrite, round, session } = yield* room("Ada", "Bo")
          yield* round("Alder, @Ada and @Bo.", "Amber.", "Bronze.")
          const begun = [yield* session("Ada"), yield* session("Bo")]
          yield* rewrite("Ada", "Ada repairs kites.")

          const asked = yield* round("Birch, @Ada and @Bo.", "Copper.", "Cobalt.")

          const ada = asked.find(askedOf("Ada"))
          const bo = asked.find(askedOf("Bo"))
          assertTrue(ada !== undefined && promptOf(ada).includes("repairs kites") && !ada.body.includes("marigolds"))
          deepStrictEqual([turnsIn(ada), countIn(ada, "Alder", "Amber", "Bronze", "Birch")], [["user"], [1, 1, 1, 1]])
          deepStrictEqual([turnsIn(bo), countIn(bo, "Alder", "Amber", "Bronze", "Birch")], [goesOn, [1, 1, 1, 1]])
          deepStrictEqual([(yield* session("Ada")) === begun[0], (yield* session("Bo")) === begun[1]], [false, true])
        })
      )

      it.scoped("another model or provider of the room begins anew from the log", () =>
        Effect.gen(function* () {
          const { id, round, sql, watch } = yield* room("Ada")
          yield* round("Alder.", "Amber.")
          yield* sql`UPDATE rooms SET default_model = 'claude-haiku-4-5' WHERE id = ${id}`

          const [second] = yield* round("Birch.", "Bronze.")
          yield* sql`UPDATE rooms SET default_provider = 'scripted' WHERE id = ${id}`
          deepStrictEqual(yield* round("Cedar."), [])
          const scripted = watch.seen.findLast(is("stream_end"))?.response_text
          yield* sql`UPDATE rooms SET default_provider = 'claude' WHERE id = ${id}`
          const [fourth] = yield* round("Elder.", "Ebony.")

          assertTrue(second?.request.model.startsWith("claude-haiku-4-5") ?? false)
          deepStrictEqual([turnsIn(second), countIn(second, "Alder", "Amber", "Birch")], [["user"], [1, 1, 1]])
          deepStrictEqual(turnsIn(fourth), ["user"])
          deepStrictEqual(
            countIn(fourth, "Alder", "Amber", "Birch", "Bronze", "Cedar", String(scripted), "Elder"),
            [1, 1, 1, 1, 1, 1, 1]
          )
        })
      )

      it.scoped("who joins never learns what was said before, also when its session is lost or it had been there", () =>
        Effect.gen(function* () {
          const { evict, join, leave, loseRecord, round, say } = yield* room()
          const other = yield* room("Bo")
          yield* other.round("Olive.", "Ochre.")
          yield* say("Alder.")
          yield* join("Bo")

          const [first] = yield* round("Birch.", "Bronze.")
          yield* evict
          yield* loseRecord("Bo")
          const [lost] = yield* round("Cedar.", "Copper.")
          yield* leave("Bo")
          yield* say("Elder.")
          yield* join("Bo")
          const [back] = yield* round("Fir.", "Fawn.")

          deepStrictEqual(countIn(first, "Alder", "Birch"), [0, 1])
          deepStrictEqual(countIn(lost, "Alder", "Birch", "Bronze", "Cedar"), [0, 1, 1, 1])
          deepStrictEqual(
            countIn(back, "Alder", "Birch", "Bronze", "Cedar", "Copper", "Elder", "Fir"),
            [0, 0, 0, 0, 0, 0, 1]
          )
          assertTrue([first, lost, back].every((call) => call !== undefined && !/Olive|Ochre/.test(call.body)))
        })
      )
    })

    it.scopedLive("a session lost between two lives of the server is opened anew, within the window", () =>
      Effect.gen(function* () {
        const evening = Effect.gen(function* () {
          const { id, loseRecord, round } = yield* room("Ada")
          yield* round("Alder.", "Amber.")
          yield* round("Birch.", "Bronze.")
          yield* loseRecord("Ada")
          return id
        })
        const id = yield* Effect.scoped(Effect.provide(evening, Layer.fresh(life())))
        const morning = Effect.flatMap(enter(id), ({ round }) => round("Cedar.", "Copper."))

        const asked = yield* Effect.scoped(Effect.provide(morning, Layer.fresh(life({ CONTEXT_WINDOW: "3" }))))

        deepStrictEqual(asked.map(turnsIn), [["user"]])
        deepStrictEqual(countIn(asked[0], "Alder", "Amber", "Birch", "Bronze", "Cedar"), [0, 0, 1, 1, 1])
        deepStrictEqual(countIn(asked[0], "2 earlier messages are left out here."), [1])
      }).pipe(Effect.provide(Ground.layer(agents)))
    )
  }
)
