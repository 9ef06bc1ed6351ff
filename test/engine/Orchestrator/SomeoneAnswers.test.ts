import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const three = { Ada: "Ada builds clocks.", Bo: "Bo keeps bees.", Cy: "Cy draws maps." }

const maySkip = ({ spec }: Puppet.Call) => spec.tools.some(({ name }) => name === "skip")

/** Says nothing as long as it may. */
const shy: Puppet.Act = (call) =>
  maySkip(call)
    ? Puppet.skip(call)
    : Stream.concat(Puppet.say(`Then it is me, number ${call.number}.`), Puppet.done(`session ${call.number}`))

const played = Effect.fnUntraced(function* (settings: object, act: Puppet.Act = shy) {
  const puppet = Puppet.make({ act })
  return yield* inHouse(
    puppet,
    Effect.gen(function* () {
      const { say, sql, turns, watch } = yield* room(settings)
      yield* say("Is anybody there?")
      const reason = (yield* watch.ended).stop_reason
      const errors = (yield* sql`SELECT error FROM turns ORDER BY id`).map(({ error }) => String(error))
      return { reason, turns: yield* turns, errors, calls: puppet.calls }
    }),
    {},
    undefined,
    three
  )
})

describe("a person's message at which everybody stays silent", () => {
  it.scopedLive("is answered by the last one asked, who is told so and cannot skip", () =>
    Effect.gen(function* () {
      const { calls, reason, turns } = yield* played({ turn_policy: "round_robin", max_follow_ups: 0 })
      assertEquals(reason, "max_rounds")
      deepStrictEqual(turns, [
        ["Ada", "skipped"],
        ["Bo", "skipped"],
        ["Cy", "replied"]
      ])
      deepStrictEqual(calls.map(maySkip), [true, true, false])
      assertTrue(calls[2]?.text.endsWith("It is your turn, Cy. Nobody has answered yet, and somebody has to."))
      assertTrue(!calls[2]?.spec.systemPrompt.includes("`skip`"))
    })
  )

  it.scopedLive("is answered by the first of those who were asked at once, and by nobody twice", () =>
    Effect.gen(function* () {
      const { calls, turns } = yield* played({ turn_policy: "concurrent", max_follow_ups: 0 })
      deepStrictEqual(
        turns.map(([, outcome]) => outcome),
        ["skipped", "skipped", "skipped", "replied"]
      )
      deepStrictEqual(calls.map(maySkip), [true, true, true, false])
      const heard = yield* played({ turn_policy: "concurrent", max_follow_ups: 0 }, (call) =>
        call.spec.agentName === "Bo" ? Stream.concat(Puppet.say("I am here, always."), Puppet.done()) : shy(call)
      )
      assertEquals(heard.turns.length, 3)
    })
  )

  it.scopedLive("is not answered where the room does not ask for it, or the model says nothing all the same", () =>
    Effect.gen(function* () {
      const off = yield* played({ someone_answers: false })
      deepStrictEqual([off.reason, off.calls.map(maySkip)], ["everyone_skipped", [true, true, true]])
      const mute = yield* played({}, () => Puppet.done())
      deepStrictEqual([mute.reason, mute.calls.length], ["everyone_skipped", 3])
    })
  )

  it.scopedLive("is asked about once more where a model writes that it skips, and says why there is no answer", () =>
    Effect.gen(function* () {
      const settings = { turn_policy: "round_robin", max_follow_ups: 0 }
      const writes = Stream.concat(Puppet.say("skip"), Puppet.done())
      const stubborn = yield* played(settings, () => writes)
      deepStrictEqual(stubborn.turns, [
        ["Ada", "skipped"],
        ["Bo", "skipped"],
        ["Cy", "failed"]
      ])
      deepStrictEqual(
        stubborn.calls.map(({ spec }) => spec.agentName),
        ["Ada", "Bo", "Cy", "Cy"]
      )
      assertTrue(stubborn.errors.at(-1)?.includes("the model skipped where its agent has to answer"))
      const once = yield* played(settings, (call) => (call.number < 4 ? writes : shy(call)))
      deepStrictEqual(once.turns.at(-1), ["Cy", "replied"])
    })
  )

  it.scopedLive("is answered by a model that calls the tool all the same and then speaks", () =>
    Effect.gen(function* () {
      const { turns } = yield* played({ turn_policy: "round_robin", max_follow_ups: 0 }, (call) =>
        maySkip(call) ? Puppet.skip(call) : Stream.concat(Puppet.use(call, "skip"), shy(call))
      )
      deepStrictEqual(turns[2], ["Cy", "replied"])
    })
  )

  it.scopedLive("leaves the session as it was: it goes on in the next turn, with the choice to skip", () => {
    const puppet = Puppet.make({ act: shy })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { say, watch } = yield* room({ turn_policy: "mentioned_only", max_follow_ups: 0 })
        yield* say("@Ada @Bo?")
        yield* watch.ended
        yield* say("@Bo @Ada?")
        yield* watch.ended
        deepStrictEqual(
          puppet.calls.map((call) => [call.spec.agentName, maySkip(call), call.spec.resume]),
          [
            ["Ada", true, null],
            ["Bo", false, null],
            ["Bo", true, "session 2"],
            ["Ada", false, "skipped"]
          ]
        )
      })
    )
  })
})
