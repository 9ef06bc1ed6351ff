import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const speak = (text: string) => Stream.concat(Puppet.say(text), Puppet.done())
const thanks: Puppet.Act = ({ number, spec }) =>
  speak(`Thank you ${"so ".repeat(number % 3)}much, dear friend of ${spec.agentName}, you are too kind!`)

describe("agents that go in circles", () => {
  for (const turn_policy of ["concurrent", "priority"] as const) {
    it.scopedLive(`are not those of ten who answer a person alike, ${turn_policy}`, () => {
      const ten = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`Voter${at}`, "Votes."]))
      return inHouse(
        Puppet.make({ act: () => speak("Yes, by all means.") }),
        Effect.gen(function* () {
          const { say, turns, watch } = yield* room({ turn_policy, max_follow_ups: 0 })
          yield* say("Shall we?")
          assertEquals((yield* watch.ended).stop_reason, "max_rounds")
          deepStrictEqual((yield* turns).length, 10)
        }),
        {},
        undefined,
        ten
      )
    })
  }

  it.scopedLive("are stopped, with the reason stored, until a person speaks or asks them to go on", () => {
    const puppet = Puppet.make({ act: thanks })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { goOn, read, rounds, say, turns, watch } = yield* room()
        yield* say("Be polite.")
        const end = yield* watch.ended
        assertEquals(end.stop_reason, "loop_guard")
        assertTrue(String(end.stop_detail).length > 20)
        const [round] = yield* rounds
        deepStrictEqual([round?.stop_detail, (yield* read).loop_guard], [end.stop_detail, end.stop_detail])
        const before = (yield* turns).length
        assertTrue(before < 12, `${before} turns`)

        yield* goOn
        assertEquals((yield* watch.ended).stop_reason, "loop_guard")
        assertTrue((yield* turns).length > before)

        const last = (yield* turns).length
        yield* say("Still there?")
        assertEquals((yield* watch.ended).stop_reason, "loop_guard")
        assertTrue((yield* turns).length > last)
      })
    )
  })

  it.scopedLive("wake nobody with a reply that has no words or only repeats its agent's last", () => {
    const puppet = Puppet.make({ act: () => speak("…") })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { say, turns, watch } = yield* room()
        yield* say("Hello?")
        assertEquals((yield* watch.ended).stop_reason, "complete")
        assertEquals((yield* turns).length, 2)
      })
    )
  })
})

describe("continue", () => {
  it.scopedLive("lets the agents take up a quiet conversation, within the same limits", () => {
    const puppet = Puppet.make({
      act: (call) => (call.number === 3 ? speak("By the way, the bees have swarmed.") : Puppet.skip(call))
    })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { change, goOn, rounds, said, say, watch } = yield* room()
        yield* say("Hello?")
        assertEquals((yield* watch.ended).stop_reason, "everyone_skipped")
        assertEquals((yield* goOn).kind, "continue")
        assertEquals((yield* watch.ended).stop_reason, "complete")
        assertEquals((yield* said).length, 2)
        assertTrue(puppet.calls[2]?.text.includes("It has been quiet") ?? false)
        yield* change({ max_interactions: 1 })
        yield* goOn
        assertEquals((yield* watch.ended).stop_reason, "max_interactions")
        assertEquals((yield* rounds).length, 3)
      })
    )
  })

  it.scopedLive("is refused in a room that is paused", () =>
    inHouse(
      Puppet.make({ act: Puppet.skip }),
      Effect.gen(function* () {
        const { goOn, pause, rounds } = yield* room()
        yield* pause
        const { status, tag } = yield* Effect.flip(goOn)
        deepStrictEqual([status, tag], [409, "RoomPaused"])
        deepStrictEqual(yield* rounds, [])
      })
    )
  )
})

describe("what a room can be set to", () => {
  it.scopedLive("is told when something else is asked for, and nothing of the request is done", () =>
    inHouse(
      Puppet.make({ act: Puppet.skip }),
      Effect.gen(function* () {
        const { ask, change, read } = yield* room()
        const create = (name: string, more: object) => ask(({ rooms }) => rooms.create({ payload: { name, ...more } }))
        const before = yield* read
        const wrong: ReadonlyArray<readonly [string, unknown, string]> = [
          ["turn_policy", "loudest", "round_robin"],
          ["double_text", "shout", "enqueue"],
          ["max_interactions", -1, "from 0"],
          ["max_messages", 0, "from 1 to 1000"],
          ["max_follow_ups", 1.5, "whole"],
          ["budget_tokens", -5, "from 2000, which is what one turn sets aside for its answer,"],
          ["budget_tokens", 1999, "from 2000"],
          ["budget_usd", 0.049, "from 0.05, which is what a first turn sets aside,"],
          ["budget_usd", "much", "number"],
          ["autonomous", "yes", "true or false"],
          ["autonomous_every", 1, "from 10 to 86400"],
          ["autonomous_ceiling", 1e12, "from 10 to 604800"],
          ["autonomous_max_rounds", 0, "from 1 to 10000"]
        ]
        for (const [field, value, allowed] of wrong) {
          const asked: object = { [field]: value }
          const { body, detail, status, tag, traceId } = yield* Effect.flip(change({ name: "changed", ...asked }))
          deepStrictEqual(
            [field, status, tag, Object.keys(Object(body["allowed"]))],
            [field, 400, "SettingRefused", [field]]
          )
          assertTrue(String(detail).includes(allowed) && traceId !== null, String(detail))
          assertEquals((yield* Effect.flip(create(field, asked))).status, 400)
        }
        const mixed: object = { name: "", turn_policy: "loudest" }
        assertEquals((yield* Effect.flip(change(mixed))).status, 422)
        deepStrictEqual(yield* read, before)
        assertEquals((yield* ask(({ rooms }) => rooms.list())).length, 2)
      })
    )
  )

  it.scopedLive("is a budget of tokens that at least one agent could speak with, and the refusal tells the least", () =>
    inHouse(
      Puppet.make({ act: (call) => speak(`Number ${call.number} is all that I say.`) }),
      Effect.gen(function* () {
        const { change, say, usage, watch } = yield* room({ max_follow_ups: 0 })
        const small = yield* Effect.flip(change({ budget_tokens: 2000, name: "changed" }))
        deepStrictEqual(
          [small.status, small.tag, Object.keys(Object(small.body["allowed"]))],
          [400, "SettingRefused", ["budget_tokens"]]
        )
        const least = Number(/from (\d+), which is what a turn in this room needs/.exec(small.message)?.[1])
        assertEquals((yield* Effect.flip(change({ budget_tokens: least - 1 }))).status, 400)
        assertEquals((yield* change({ budget_tokens: least })).name, "den")
        yield* say("Hello?")
        yield* watch.ended
        assertTrue((yield* usage).reply_count > 0)
      })
    )
  )

  it.scopedLive("is kept, and null takes a limit away or leaves the rest alone", () =>
    inHouse(
      Puppet.make({ act: Puppet.skip }),
      Effect.gen(function* () {
        const { change } = yield* room({ max_interactions: 3, budget_usd: 1.5, turn_policy: "concurrent" })
        const { autonomous, autonomous_every, budget_usd, max_interactions, turn_policy } = yield* change({
          max_interactions: null,
          budget_usd: null,
          turn_policy: null,
          autonomous: true,
          autonomous_every: 30
        })
        deepStrictEqual(
          { autonomous, autonomous_every, budget_usd, max_interactions, turn_policy },
          {
            autonomous: true,
            autonomous_every: 30,
            budget_usd: null,
            max_interactions: null,
            turn_policy: "concurrent"
          }
        )
      })
    )
  )
})
