import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import * as Json from "../../../src/lib/json.ts"
import { inHouse, room } from "../../support/Duo.ts"
import type { Folk } from "../../support/House.ts"
import * as Puppet from "../../support/Puppet.ts"

const speak = (text: string) => Stream.concat(Puppet.say(text), Puppet.done())

/** Each agent speaks once, then is silent. */
const once =
  (text: (name: string) => string): Puppet.Act =>
  (call) =>
    call.number <= 3 ? speak(text(call.spec.agentName)) : Puppet.skip(call)

const three = { Ada: "Ada builds clocks.", Bo: "Bo keeps bees.", Cy: "Cy draws maps." }
const house = <E>(
  act: Puppet.Act,
  test: Effect.Effect<void, E, Effect.Effect.Context<ReturnType<typeof room>>>,
  agents: Folk = three
) => inHouse(Puppet.make({ act }), test, {}, undefined, agents)

describe("a room decides who speaks", () => {
  it.scopedLive("at the same time and without hearing each other, when it is concurrent", () =>
    Effect.gen(function* () {
      const all = yield* Deferred.make<void>()
      let begun = 0
      const heard: Array<string> = []
      const act: Puppet.Act = (call) => {
        if (begun === 3) return Puppet.skip(call)
        begun++
        heard.push(call.text)
        const together = begun === 3 ? Deferred.succeed(all, undefined) : Effect.void
        return Stream.concat(
          Stream.drain(Stream.fromEffect(Effect.zipRight(together, Deferred.await(all)))),
          speak(`I am ${call.spec.agentName}, and I heard nobody else.`)
        )
      }
      yield* house(
        act,
        Effect.gen(function* () {
          const { lastRound, say, watch } = yield* room({ turn_policy: "concurrent" })
          yield* say("Who are you?")
          assertEquals((yield* watch.ended).stop_reason, "complete")
          assertTrue(heard.every((text) => !text.includes("I heard nobody else")))
          const round = yield* lastRound
          deepStrictEqual(
            round.tape[0]?.speakers.map(({ reason }) => reason),
            ["together", "together", "together"]
          )
        })
      )
    })
  )

  it.scopedLive("in turn, from the one after whom spoke last, when it goes round", () =>
    house(
      once((name) => `${name} has something to say about that.`),
      Effect.gen(function* () {
        const { rounds, say, turns, watch } = yield* room({ turn_policy: "round_robin", max_messages: 2 })
        yield* say("One.")
        yield* watch.ended
        yield* say("Two.")
        yield* watch.ended
        deepStrictEqual((yield* turns).map(([name]) => name).slice(0, 3), ["Ada", "Bo", "Cy"])
        deepStrictEqual((yield* rounds)[0]?.policy, "round_robin")
      })
    )
  )

  it.scopedLive("by name alone, when it asks so: agents wake each other by name too, and nobody else answers", () =>
    house(
      ({ spec }) =>
        speak(spec.agentName === "Bo" ? "Ask @Cy, who has the map." : "The ford is by the mill, nowhere else."),
      Effect.gen(function* () {
        const { ask, inRoom, rounds, say, turns, watch } = yield* room({ turn_policy: "mentioned_only" })
        yield* say("Where is the ford, @Bo? And @Nobody?")
        yield* watch.ended
        yield* say("Is anybody listening?")
        assertEquals((yield* watch.ended).stop_reason, "nobody_mentioned")
        deepStrictEqual(
          (yield* turns).map(([name]) => name),
          ["Bo", "Cy"]
        )
        const [, { id } = { id: 0 }] = yield* rounds
        const { trigger } = yield* ask(({ rounds }) => rounds.get({ path: { ...inRoom, round_id: id } }))
        deepStrictEqual(trigger.kind === "message" ? trigger.unknown_mentions : null, ["Nobody"])
      })
    )
  )

  it.scopedLive("by name alone: a word for everybody names all but the agent that says it, and tells each so", () => {
    const asks: Array<string | undefined> = []
    return house(
      ({ number, spec, text }) => {
        asks.push(/It is your turn, .*$/.exec(text)?.[0])
        return speak(
          spec.agentName === "Bo" && number <= 3
            ? "What do you say, @all?"
            : (["By the mill.", "", "No ford this spring!", "Two miles upstream, then.", "Mind the current."][
                number - 1
              ] ?? "")
        )
      },
      Effect.gen(function* () {
        const { say, turns, watch } = yield* room({ turn_policy: "mentioned_only", max_follow_ups: 1 })
        yield* say("@모두에게: where is the ford?")
        assertEquals((yield* watch.ended).stop_reason, "max_rounds")
        const names = (yield* turns).map(([name]) => name)
        deepStrictEqual(names, ["Ada", "Bo", "Cy", "Ada", "Cy"])
        deepStrictEqual(
          asks,
          names.map((name) => `It is your turn, ${String(name)}: you were mentioned.`)
        )
      })
    )
  })

  it.scopedLive("with interrupting agents before all others, and after each reply that is not transparent", () =>
    house(
      (call) => {
        if (call.spec.agentName === "Ada") return Puppet.skip(call)
        return call.number < 8
          ? speak(`${call.spec.agentName} says number ${call.number} of all this.`)
          : Puppet.skip(call)
      },
      Effect.gen(function* () {
        const { say, turns, watch } = yield* room({ max_follow_ups: 0 })
        yield* say("Begin.")
        yield* watch.ended
        const order = (yield* turns).map(([name, outcome]) => `${String(name)} ${String(outcome)}`)
        // Ada is silent, so nobody interrupts her; Cy is transparent.
        assertEquals(order[0], "Zed replied")
        deepStrictEqual(order.filter((turn) => turn.startsWith("Zed")).length, 2)
        assertEquals(order[order.findIndex((turn) => turn === "Bo replied") + 1], "Zed replied")
      }),
      {
        ...three,
        Cy: "Cy draws maps.\n---\ntransparent: true",
        Zed: "Zed tells what happens.\n---\ninterrupt_every_turn: true"
      }
    )
  )
})

describe("critics", () => {
  const withCritic = { Ada: "Ada builds clocks.", Critic: "Critic reads closely." }

  it.scopedLive("read the whole when the round is over; what they write is heard by nobody in the room", () =>
    Effect.gen(function* () {
      const texts: Array<string> = []
      const puppet = Puppet.make({
        act: (call) => {
          if (call.spec.agentName === "Critic") {
            // It has a session that could go on, and must not.
            return Stream.concat(Puppet.say("FEEDBACK: warmer, please, and shorter."), Puppet.done("critic's"))
          }
          texts.push(call.text)
          return speak(`The clock is ${call.number} minutes late today.`)
        }
      })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { ask, idOf, inRoom, said, say, turns, usage, watch } = yield* room({ max_interactions: 5 })
          yield* say("What time is it?")
          yield* watch.ended
          yield* say("And now?")
          yield* watch.ended

          deepStrictEqual(
            (yield* turns).map(([name]) => name),
            ["Ada", "Critic", "Ada", "Critic"]
          )
          const critiques = (limit: number) =>
            ask(({ rounds }) => rounds.critiques({ path: inRoom, urlParams: { limit } }))
          const feedback = yield* critiques(100)
          deepStrictEqual(
            feedback.map(({ agent_id, content }) => [agent_id, content]),
            [
              [idOf("Critic"), "FEEDBACK: warmer, please, and shorter."],
              [idOf("Critic"), "FEEDBACK: warmer, please, and shorter."]
            ]
          )
          deepStrictEqual((yield* critiques(1)).length, 1)
          assertTrue(texts.every((text) => !text.includes("FEEDBACK")))
          assertTrue((yield* said).every(([name]) => name !== "Critic"))
          const seen = Json.stringify(watch.seen)
          assertTrue(!seen.includes("FEEDBACK") && seen.includes("new_critique"))
          const critic = puppet.calls.filter(({ spec }) => spec.agentName === "Critic")
          assertTrue(critic[1]?.text.includes("What time is it?") && critic[1].text.includes("And now?"))
          assertEquals((yield* usage).turn_count, 4)
          const { chatting_agents } = yield* ask(({ messages }) => messages.chatting({ path: inRoom }))
          assertEquals(chatting_agents.length, 0)
        }),
        {},
        undefined,
        withCritic
      )
    })
  )

  it.scopedLive("read it after those who have the last word, when a limit has ended the talk", () =>
    house(
      ({ number, spec }) => speak(`${spec.agentName} says number ${number} of all this.`),
      Effect.gen(function* () {
        const { say, turns, watch } = yield* room({ turn_policy: "round_robin", max_messages: 2 })
        yield* say("Begin.")
        assertEquals((yield* watch.ended).stop_reason, "max_messages")
        deepStrictEqual(
          (yield* turns).map(([name]) => name),
          ["Ada", "Cy", "Critic"]
        )
      }),
      { ...withCritic, Bo: three.Bo, Cy: `${three.Cy}\n---\nfinal_response: true` }
    )
  )
})
