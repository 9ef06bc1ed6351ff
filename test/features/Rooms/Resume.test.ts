import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { inHouse, room, type Settings } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const answering: Puppet.Act = (call) =>
  call.spec.agentName === "Bo"
    ? Stream.concat(Puppet.say(`That was said while we slept, ${call.number}.`), Puppet.done())
    : Puppet.skip(call)

const paused = Effect.fnUntraced(function* (settings: Settings = {}) {
  const found = yield* room({ max_follow_ups: 0, ...settings })
  yield* found.pause
  const held = (text: string) => Effect.zipRight(found.say(text), found.watch.ended)
  const rounds = Effect.map(found.rounds, (all) => all.map(({ kind, stop_reason }) => [kind, stop_reason]))
  return { ...found, held, rounds }
})

describe("what people say in a paused room", () => {
  it.scopedLive("is answered by one round when the room goes on, once, with all who were mentioned", () => {
    const puppet = Puppet.make({ act: answering })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { held, idOf, lastRound, resume, rounds, watch } = yield* paused({ turn_policy: "mentioned_only" })
        assertEquals((yield* held("Are you there, @Bo?")).stop_reason, "paused")
        yield* held("And @Ada?")
        assertEquals(puppet.calls.length, 0)

        yield* resume
        yield* watch.ended
        assertTrue(puppet.calls.every(({ text }) => text.includes("Are you there") && text.includes("And @Ada?")))
        deepStrictEqual(yield* rounds, [
          ["message", "max_rounds"],
          ["message", "paused"],
          ["message", "paused"]
        ])
        const { trigger } = yield* lastRound
        const asked = trigger.kind === "message" ? trigger.mentioned_agent_ids : null
        deepStrictEqual(asked, [idOf("Bo"), idOf("Ada")])

        yield* resume
        assertEquals((yield* rounds).length, 3)
      })
    )
  })

  it.scopedLive("waits on where the room is paused again, and is not asked for any more where it was cleared", () => {
    const puppet = Puppet.make({ act: answering })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { change, clear, held, pause, resume, rounds, watch } = yield* paused()
        yield* held(`Hello?${" Hello.".repeat(3000)}`)
        yield* change({ budget_tokens: 6000 })
        yield* resume
        assertEquals((yield* watch.ended).stop_reason, "budget")
        yield* change({ budget_tokens: null, is_paused: false })
        yield* watch.ended
        assertEquals(puppet.calls.filter(({ spec }) => spec.agentName === "Bo").length, 1)

        yield* pause
        yield* held("Hello again?")
        yield* clear
        const before = (yield* rounds).length
        yield* resume
        assertEquals((yield* rounds).length, before)
      })
    )
  })

  it.scopedLive("leaves alone what had an answer, and what goes on is no message of a person", () =>
    inHouse(
      Puppet.make({ act: answering }),
      Effect.gen(function* () {
        const { goOn, pause, resume, rounds, say, watch } = yield* paused()
        yield* resume
        deepStrictEqual(yield* rounds, [])
        yield* say("Hello?")
        yield* watch.ended
        yield* goOn
        yield* watch.ended
        yield* pause
        yield* resume
        assertEquals((yield* rounds).length, 2)
      })
    )
  )
})
