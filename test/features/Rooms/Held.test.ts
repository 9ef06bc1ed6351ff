import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
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
})
