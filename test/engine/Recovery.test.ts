import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import * as Client from "../support/Client.ts"
import { room } from "../support/Duo.ts"
import * as House from "../support/House.ts"
import * as Puppet from "../support/Puppet.ts"
import * as Watch from "../support/Watch.ts"

const cutOffWords = "Where I come from, we would first of all"
const spoken = (name: string) => `This is what ${name} has to say to that.`

/** Ada answers; Bo is cut off by the end of the server while he speaks, as often as `lives` says. */
const cutOff = (lives: number) =>
  Effect.gen(function* () {
    const bo = yield* Effect.replicateEffect(Deferred.make<void>(), lives)
    let life = 0
    const puppet = Puppet.make({
      act: (call) => {
        const { agentName } = call.spec
        const begun = agentName === "Bo" ? bo[life++] : undefined
        if (begun !== undefined)
          return Stream.concat(
            Puppet.say(cutOffWords),
            Stream.fromEffect(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
          )
        return Stream.concat(Puppet.say(spoken(agentName)), Puppet.done())
      }
    })
    return { puppet, until: (number: number) => Effect.flatMap(Effect.fromNullable(bo[number]), Deferred.await) }
  })

const setup = (lives: number) =>
  Effect.gen(function* () {
    const { puppet, until } = yield* cutOff(lives)
    const settings = {
      ...(yield* House.folders({ Ada: "Ada builds clocks.", Bo: "Bo keeps bees." })),
      SHUTDOWN_SECONDS: "0"
    }
    const live = <A, E>(test: Effect.Effect<A, E, Effect.Effect.Context<ReturnType<typeof room>>>) =>
      Effect.scoped(Effect.provide(Effect.scoped(test), House.layer({ settings, providers: [puppet.provider] })))
    const first = yield* live(
      Effect.gen(function* () {
        const { id, say, watch } = yield* room({ turn_policy: "concurrent", max_follow_ups: 0 })
        yield* say("Who is there?")
        yield* watch.until("stream_end")
        yield* until(0)
        return id
      })
    )
    return { id: first, live, puppet, until }
  }).pipe(Effect.provide(NodeContext.layer))

const roundOf = (ask: Client.Ask, room_id: number, round_id = 0) =>
  ask(({ rounds }) => rounds.get({ path: { room_id, round_id } }))

describe("a server that ends in the middle of a round", () => {
  it.scopedLive(
    "lets the next go on with who had not spoken, who hears only what the round was asked and what he said himself",
    () =>
      Effect.gen(function* () {
        const { id, live, puppet } = yield* setup(1)
        yield* live(
          Effect.gen(function* () {
            const { ask } = yield* Client.make
            const rounds = ask(({ rounds: all }) => all.list({ path: { room_id: id } }))
            const [open] = yield* rounds
            if (open?.ended_at === null) yield* Effect.flatMap(Watch.room(id), ({ ended }) => ended)
            const { stop_reason, turns } = yield* roundOf(ask, id, open?.id)
            assertEquals(stop_reason, "max_rounds")
            deepStrictEqual(
              turns.map(({ agent_name, attempt, outcome }) => [agent_name, attempt, outcome]).toSorted(),
              [
                ["Ada", 0, "replied"],
                ["Bo", 0, "interrupted"],
                ["Bo", 1, "replied"]
              ]
            )
            assertEquals((yield* rounds).length, 1)
            const asked = puppet.calls.at(-1)?.text ?? ""
            deepStrictEqual(
              ["Who is there?", spoken("Ada"), cutOffWords].map((words) => asked.includes(words)),
              [true, false, true]
            )
          })
        )
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is not followed by another that ends of the same turn for ever", () =>
    Effect.gen(function* () {
      const { id, live, puppet, until } = yield* setup(2)
      yield* live(until(1))
      yield* live(
        Effect.gen(function* () {
          const { ask } = yield* Client.make
          const watch = yield* Watch.room(id)
          const [open] = yield* ask(({ rounds }) => rounds.list({ path: { room_id: id } }))
          if (open?.ended_at === null) yield* watch.ended
          const { turns } = yield* roundOf(ask, id, open?.id)
          assertEquals(turns.filter(({ agent_name }) => agent_name === "Bo").length, 2)
        })
      )
      assertEquals(puppet.calls.filter(({ spec }) => spec.agentName === "Bo").length, 2)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
