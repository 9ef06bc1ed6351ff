import { describe, it } from "@effect/vitest"
import { assertEquals, assertFalse, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const settings = { CONTEXT_BYTES: "1000" }

describe("a conversation that is longer than CONTEXT_BYTES", () => {
  for (const remembers of [true, false]) {
    it.scopedLive(
      `is told from its newest messages on, by what an agent ${remembers ? "remembers" : "is told each time"}`,
      () => {
        const puppet = Puppet.make({ act: Puppet.skip })
        const provider = { ...puppet.provider, remembers }
        return inHouse(
          { ...puppet, provider },
          Effect.gen(function* () {
            const { idOf, say, sql, watch, id } = yield* room({ turn_policy: "round_robin" })
            const fill = (number: number) => sql`
              INSERT INTO messages (room_id, role, participant_type, content, timestamp)
              VALUES (${id}, 'user', 'user', ${`${number}:${"가".repeat(100)}`}, '2026-01-01T00:00:00.000Z')`
            for (let number = 1; number <= 5; number++) yield* fill(number)
            yield* say("What now?")
            yield* watch.ended
            const asked = puppet.calls.find(({ spec }) => Number(spec.seat.agentId) === idOf("Ada"))
            const told = [1, 2, 3, 4, 5].filter((number) => asked?.text.includes(`${number}:가`))
            deepStrictEqual(told, remembers ? [3, 4, 5] : [5])
            assertTrue(asked?.text.includes(`${5 - told.length} earlier messages are left out here.`) ?? false)
          }),
          settings
        )
      }
    )
  }

  it.scopedLive("of one message alone is told by its beginning, and says so", () => {
    const puppet = Puppet.make({ act: () => Stream.concat(Puppet.say("I see."), Puppet.done()) })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { say, watch } = yield* room({ turn_policy: "round_robin", max_follow_ups: 0 })
        yield* say(`${"가나다라".repeat(200)}the end`)
        yield* watch.ended
        const [asked] = puppet.calls
        const heard = /[가나다라]+/.exec(asked?.text ?? "")?.[0] ?? ""
        assertEquals(heard.length, 333)
        assertFalse(asked?.text.includes("the end") ?? true)
        assertTrue(asked?.text.includes("The rest of this message is left out here") ?? false)
      }),
      settings
    )
  })
})
