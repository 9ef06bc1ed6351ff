import { describe, it } from "@effect/vitest"
import { assertEquals, assertFalse, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import { inHouse, room } from "../support/Duo.ts"
import type { Folk } from "../support/House.ts"
import * as Puppet from "../support/Puppet.ts"

const speak = (text: string) => Stream.concat(Puppet.say(text), Puppet.done())

const words = ["river", "stone", "lamp", "winter", "copper", "bread", "harbour", "needle", "thunder", "garden"]
/** Never the same twice, so that the loop guard has nothing to say. */
const fresh = (number: number) =>
  Array.from({ length: 9 }, (_, place) => words[(number * (place + 3) + place * place) % words.length]).join(" ") +
  ` ${number}`

const talkative: Puppet.Act = (call) => speak(fresh(call.number))

const cost = ({ input }: Puppet.Call, tokens: number, costUsd: number | null) =>
  Stream.suspend(() => {
    const usage = { inputTokens: tokens, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd }
    input.spend({ usage, isWhole: true })
    return Puppet.done()
  })

const house = <E>(
  act: Puppet.Act,
  test: (
    puppet: ReturnType<typeof Puppet.make>
  ) => Effect.Effect<void, E, Effect.Effect.Context<ReturnType<typeof room>>>,
  agents?: Folk
) => {
  const puppet = Puppet.make({ act })
  return inHouse(puppet, test(puppet), {}, undefined, agents)
}

const many: Folk = Object.fromEntries(["A", "B", "C", "D", "E", "F", "G"].map((name) => [`Agent${name}`, `${name}.`]))

describe("limits", () => {
  it.scopedLive("the interactions of a room are exact when all speak at once, and can be raised and removed", () =>
    house(
      talkative,
      () =>
        Effect.gen(function* () {
          const { change, say, turns, watch } = yield* room({ turn_policy: "concurrent", max_interactions: 4 })
          yield* say("All of you!")
          assertEquals((yield* watch.ended).stop_reason, "max_interactions")
          assertEquals((yield* turns).length, 4)
          yield* say("More!")
          assertEquals((yield* watch.ended).stop_reason, "max_interactions")
          assertEquals((yield* turns).length, 4)
          yield* change({ max_interactions: 6 })
          yield* say("Two more!")
          assertEquals((yield* watch.ended).stop_reason, "max_interactions")
          assertEquals((yield* turns).length, 6)
          yield* change({ max_interactions: null, max_messages: 9 })
          yield* say("As you like!")
          assertEquals((yield* watch.ended).stop_reason, "max_messages")
          assertEquals((yield* turns).length, 15)
        }),
      many
    )
  )

  it.scopedLive("who is kept back by turns under way speaks when one of them comes to nothing", () =>
    Effect.gen(function* () {
      const both = yield* Deferred.make<void>()
      let begun = 0
      yield* house(
        (call) => {
          begun++
          const wait = begun === 2 ? Deferred.succeed(both, undefined) : Deferred.await(both)
          const first = begun <= 2
          return Stream.concat(
            Stream.drain(Stream.fromEffect(first ? wait : Effect.void)),
            first ? Puppet.skip(call) : talkative(call)
          )
        },
        () =>
          Effect.gen(function* () {
            const { say, turns, watch } = yield* room({ turn_policy: "concurrent", max_interactions: 2 })
            yield* say("Anybody?")
            assertEquals((yield* watch.ended).stop_reason, "max_interactions")
            const outcomes = (yield* turns).map(([, outcome]) => outcome)
            deepStrictEqual(outcomes.filter((outcome) => outcome === "replied").length, 2)
            deepStrictEqual(outcomes.filter((outcome) => outcome === "skipped").length, 2)
          }),
        many
      )
    })
  )

  it.scopedLive("the agents with the last word have it within the limit, and are told that it is the last", () =>
    house(
      talkative,
      (puppet) =>
        Effect.gen(function* () {
          const { say, turns, watch } = yield* room({ max_interactions: 5 })
          yield* say("Discuss.")
          assertEquals((yield* watch.ended).stop_reason, "max_interactions")
          const names = (yield* turns).map(([name]) => name)
          assertEquals(names.length, 5)
          assertEquals(names.at(-1), "Tally")
          assertTrue(puppet.calls.at(-1)?.text.includes("for the last words") ?? false)
          assertFalse(puppet.calls.at(-2)?.text.includes("for the last words") ?? true)
        }),
      { Ada: "Ada.", Bo: "Bo.", Tally: "Tally counts.\n---\nfinal_response: true\npriority: -1" }
    )
  )

  it.scopedLive("the passes after the first are counted", () =>
    house(talkative, () =>
      Effect.gen(function* () {
        const { say, turns, watch } = yield* room({ max_follow_ups: 2 })
        yield* say("Go on.")
        assertEquals((yield* watch.ended).stop_reason, "max_rounds")
        assertEquals((yield* turns).length, 6)
      })
    )
  )
})

describe("a budget", () => {
  it.scopedLive("in tokens pauses the room before it is passed, says so, and lets it go on when it is raised", () =>
    house(
      (call) => Stream.concat(Puppet.say(fresh(call.number)), cost(call, 2000, 0.01)),
      () =>
        Effect.gen(function* () {
          const { change, read, say, usage, watch } = yield* room({ budget_tokens: 10_000 })
          yield* say("Spend it.")
          assertEquals((yield* watch.ended).stop_reason, "budget")
          const used = yield* usage
          assertTrue(used.spent_tokens <= 10_000 && used.spent_tokens >= 4000, String(used.spent_tokens))
          assertEquals(used.spent_tokens, 2000 * used.turn_count)
          assertEquals((yield* read).is_paused, true)
          yield* change({ budget_tokens: null, is_paused: false, max_messages: 3 })
          yield* say("Go on.")
          assertEquals((yield* watch.ended).stop_reason, "max_messages")
        })
    )
  )

  it.scopedLive("in money counts what was set aside where the provider names no price", () =>
    house(
      (call) => Stream.concat(Puppet.say(fresh(call.number)), cost(call, 10, null)),
      () =>
        Effect.gen(function* () {
          const { say, usage, watch } = yield* room({ budget_usd: 0.22 })
          yield* say("Spend it.")
          assertEquals((yield* watch.ended).stop_reason, "budget")
          const used = yield* usage
          deepStrictEqual([used.turn_count, used.cost_usd, used.spent_usd.toFixed(2)], [4, null, "0.20"])
        })
    )
  )

  it.scopedLive("is set aside for each of those who speak at once", () =>
    house(
      (call) => Stream.concat(Puppet.say(fresh(call.number)), cost(call, 10, 0.05)),
      () =>
        Effect.gen(function* () {
          const { say, usage, watch } = yield* room({ turn_policy: "concurrent", budget_usd: 0.16 })
          yield* say("All of you.")
          assertEquals((yield* watch.ended).stop_reason, "budget")
          const { reply_count, spent_usd } = yield* usage
          assertTrue(spent_usd <= 0.16, String(spent_usd))
          assertTrue(reply_count >= 1)
        }),
      many
    )
  )
})
