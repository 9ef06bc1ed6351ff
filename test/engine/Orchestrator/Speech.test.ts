import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { ProviderEvent } from "../../../src/domain/Provider.ts"
import { Crashed } from "../../../src/domain/ProviderError.ts"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"
import { is } from "../../support/events.ts"

/** Ada says this, Bo skips. */
const writing =
  (...pieces: ReadonlyArray<string>): Puppet.Act =>
  (call) =>
    call.spec.agentName === "Ada"
      ? Stream.concat(Puppet.say(...pieces), Puppet.done(`session ${call.number}`))
      : Puppet.skip(call)

const long = "and then I told him that bees are no clocks, though both of them hum."

/** What was said, and how the turns ended, after a person has spoken. */
const after = (act: Puppet.Act, content = "Good evening") =>
  Effect.gen(function* () {
    const puppet = Puppet.make({ act })
    return yield* inHouse(
      puppet,
      Effect.gen(function* () {
        const { say, said, sql, turns, watch } = yield* room({
          someone_answers: false,
          max_messages: 1,
          turn_policy: "round_robin"
        })
        yield* say(content)
        yield* watch.ended
        const sessions = yield* sql`SELECT session_id FROM sessions`
        const words = (yield* said).slice(1).map(([, text]: ReadonlyArray<unknown>) => text)
        return { words, turns: yield* turns, sessions: sessions.length, asked: puppet.calls.length }
      }),
      { PROVIDER_PATIENCE_SECONDS: "1" }
    )
  })

describe("what a model writes", () => {
  it.scopedLive("is no speech where it is the word of a tool: the agent has skipped", () =>
    Effect.gen(function* () {
      for (const pieces of [
        ["sk", "ip"],
        ['<tool_call>{"name": "skip", ', '"arguments": {}}</tool_call>']
      ]) {
        const { turns, words } = yield* after(writing(...pieces))
        deepStrictEqual([words, turns[0]], [[], ["Ada", "skipped"]])
      }
    })
  )

  it.scopedLive("is said without the agent's own name, and up to where another's words begin", () =>
    Effect.gen(function* () {
      const { sessions, words } = yield* after(writing("Ada: Good eve", "ning.\n", "Bo", ": Hello Ada, ", long))
      deepStrictEqual(words, ["Good evening."])
      // What the session holds nobody heard.
      assertEquals(sessions, 0)
    })
  )

  it.scopedLive("keeps a name within a sentence, and a session that knows what the room knows", () =>
    Effect.gen(function* () {
      const { sessions, words } = yield* after(writing("As Bo: said, ", long))
      deepStrictEqual(words, [`As Bo: said, ${long}`])
      assertEquals(sessions, 1)
    })
  )

  it.scopedLive("is no thinking any more where its answer had no mark, for its readers and in the room", () =>
    Effect.gen(function* () {
      const said = "Good evening, all of you who have come."
      const thought = Stream.make(
        ProviderEvent.ThinkingDelta({ text: `Hm. ${said}` }),
        ProviderEvent.Unthought({ characters: said.length })
      )
      const spoken = Stream.concat(Puppet.say(said), Puppet.done("one"))
      const puppet = Puppet.make({
        act: (call) => (call.spec.agentName === "Ada" ? Stream.concat(thought, spoken) : Puppet.skip(call))
      })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { say, sql, watch } = yield* room({ someone_answers: false, max_messages: 1 })
          yield* say("Good evening, @Ada")
          yield* watch.ended
          deepStrictEqual(yield* sql`SELECT content, thinking FROM messages WHERE agent_id IS NOT NULL`, [
            { content: said, thinking: "Hm. " }
          ])
          const starts = watch.seen.filter(is("stream_start"))
          deepStrictEqual(starts.at(1)?.thinking_text, "Hm. ")
        })
      )
    })
  )

  it.scopedLive("becomes thinking where it was none, for its readers and in the room", () =>
    Effect.gen(function* () {
      const unsaid = Stream.make(ProviderEvent.Unsaid())
      const thinking = Stream.concat(Puppet.say("Ada: ", long, "\nBo"), unsaid)
      const spoken = Stream.concat(Puppet.say("Ada: Good evening, all of you who have come."), Puppet.done("one"))
      const puppet = Puppet.make({
        act: (call) => (call.spec.agentName === "Ada" ? Stream.concat(thinking, spoken) : Puppet.skip(call))
      })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { say, said, sql, watch } = yield* room({ someone_answers: false, max_messages: 1 })
          yield* say("Good evening, @Ada")
          yield* watch.ended
          const answer = "Good evening, all of you who have come."
          deepStrictEqual((yield* said).slice(1), [["Ada", answer, false]])
          deepStrictEqual(yield* sql`SELECT thinking FROM messages WHERE thinking IS NOT NULL`, [
            { thinking: `${long}\nBo` }
          ])
          const [first, second] = watch.seen.filter(is("stream_start"))
          deepStrictEqual(
            [first, second].map((start) => [start?.response_text, start?.thinking_text]),
            [
              ["", ""],
              ["", `${long}\nBo`]
            ]
          )
          const deltas = watch.seen.filter(is("content_delta"))
          deepStrictEqual(deltas.at(-1)?.offset, 0)
          assertEquals(deltas.at(-1)?.delta, answer)
        })
      )
    })
  )

  it.scopedLive("is a failure where all of it is in another's name", () =>
    Effect.gen(function* () {
      const { turns, words } = yield* after(writing("Bo: Hello Ada"))
      deepStrictEqual([words, turns[0]], [[], ["Ada", "failed"]])
    })
  )

  it.scopedLive("is heard to its last word where it breaks off", () =>
    Effect.gen(function* () {
      const breaking = Stream.concat(Puppet.say(`${long}\nBo`), Stream.fail(new Crashed({ reason: "odd" })))
      const { words } = yield* after((call) => (call.spec.agentName === "Ada" ? breaking : Puppet.skip(call)))
      deepStrictEqual(words, [`${long}\nBo`])
    })
  )

  it.scopedLive("is said as it is by one that only plays a model", () =>
    Effect.gen(function* () {
      const puppet = Puppet.make({ act: writing("Ada: skip") })
      const words = yield* inHouse(
        { ...puppet, provider: { ...puppet.provider, isModel: false } },
        Effect.gen(function* () {
          const { say, said, watch } = yield* room({ someone_answers: false })
          yield* say("Good evening")
          yield* watch.ended
          return (yield* said).slice(1).map(([, text]: ReadonlyArray<unknown>) => text)
        })
      )
      deepStrictEqual(words, ["Ada: skip"])
    })
  )
})
