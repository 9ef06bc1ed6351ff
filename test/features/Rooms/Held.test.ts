import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const answering = () =>
  Puppet.make({
    act: (call) => Stream.concat(Puppet.say(`An answer that is long enough, ${call.number}.`), Puppet.done())
  })

const reasons = (rounds: ReadonlyArray<Record<string, unknown>>) => rounds.map((it) => it["stop_reason"])

describe("a message to a room in which nobody may speak", () => {
  it.scopedLive("opens and ends its round in its own write where the room is paused", () =>
    inHouse(
      answering(),
      Effect.gen(function* () {
        const { pause, rounds, say, watch } = yield* room()
        yield* pause
        yield* say("Is anybody there?")
        deepStrictEqual(reasons(yield* rounds), ["paused"])
        yield* watch.ended
        deepStrictEqual(
          watch.seen.slice(-3).map(({ type }) => type),
          ["new_message", "round_started", "round_ended"]
        )
      })
    )
  )

  it.scopedLive("does the same where the room is full, and is answered where there is a place left", () => {
    const puppet = answering()
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { change, rounds, say, watch } = yield* room({ max_follow_ups: 0, max_interactions: 1 })
        yield* say("One of you?")
        yield* watch.ended
        assertEquals(puppet.calls.length, 1)
        yield* say("And the other?")
        deepStrictEqual(reasons(yield* rounds), ["max_interactions", "max_interactions"])
        yield* watch.ended
        yield* change({ max_interactions: 2 })
        yield* say("And now?")
        yield* watch.ended
        assertEquals(puppet.calls.length, 2)
      })
    )
  })

  it.scopedLive("does the same where the budget is spent, and pauses the room", () => {
    const puppet = answering()
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { client, id, rounds, say, sql, watch } = yield* room({ budget_tokens: 5000 })
        yield* sql`UPDATE rooms SET spent_tokens = 5001 WHERE id = ${id}`
        yield* say("Can you still afford an answer?")
        deepStrictEqual(reasons(yield* rounds), ["budget"])
        yield* watch.ended
        deepStrictEqual(
          watch.seen.slice(-4).map(({ type }) => type),
          ["new_message", "round_started", "room_updated", "round_ended"]
        )
        assertEquals((yield* client.ask(({ rooms }) => rooms.get({ path: { room_id: id } }))).is_paused, true)
        assertEquals(puppet.calls.length, 0)
      })
    )
  })

  it.scopedLive("still ends the round that is under way there", () =>
    Effect.gen(function* () {
      const listening = yield* Deferred.make<void>()
      const puppet = Puppet.make({
        act: ({ spec }) =>
          spec.agentName === "Cy"
            ? Stream.fromEffect(Effect.zipRight(Deferred.succeed(listening, undefined), Effect.never))
            : Stream.concat(Puppet.say("An answer that is long enough."), Puppet.done())
      })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { rounds, say, watch } = yield* room({ max_follow_ups: 0, max_interactions: 1 })
          yield* say("One of you?")
          yield* Deferred.await(listening)
          yield* say("And the other?")
          yield* watch.ended
          yield* watch.ended
          deepStrictEqual(reasons(yield* rounds), ["max_interactions", "interrupted"])
        }),
        {},
        undefined,
        { Ada: "Ada builds clocks.", Cy: "Cy listens.\n---\ncritic: true" }
      )
    })
  )
})
