import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import type { Refused } from "../../../src/client/client.ts"
import { house } from "../../support/Damaged.ts"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

describe("a row of a room that cannot be read", () => {
  it.scopedLive(
    "of a room is told by whatever asks for the room, with the row and the place, and not what stands there",
    () =>
      house(({ ask, damage, other }) =>
        Effect.gen(function* () {
          const path = { room_id: other.id }
          yield* damage(`UPDATE rooms SET budget_usd = 'a secret', name = 'moved' WHERE id = ${other.id}`)
          const calls: Readonly<Record<string, Effect.Effect<object, Refused>>> = {
            read: ask(({ rooms }) => rooms.get({ path })),
            messages: ask(({ messages }) => messages.list({ path })),
            export: ask(({ documents }) => documents.export({ path })),
            rounds: ask(({ rounds }) => rounds.list({ path })),
            change: ask(({ rooms }) => rooms.update({ path, payload: { max_messages: 3 } })),
            say: ask(({ messages }) => messages.send({ path, payload: { content: "Hello" } })),
            clear: ask(({ messages }) => messages.clear({ path }))
          }
          for (const [name, call] of Object.entries(calls)) {
            const { body, detail, status, tag } = yield* Effect.flip(call)
            deepStrictEqual(
              [status, tag, body["table"], body["id"], detail],
              [
                500,
                "Unreadable",
                "rooms",
                other.id,
                `Row ${other.id} of the table rooms cannot be read, for what it has as budget_usd: it needs mending, or a backup`
              ],
              name
            )
          }
        })
      )
  )

  it.scopedLive("of a turn is left out of what was used, and counted", () =>
    house(({ change, count, damage, rounds, say, usage, watch }) =>
      Effect.gen(function* () {
        yield* change({ turn_policy: "round_robin", budget_tokens: 1_000_000 })
        const whole = yield* usage
        const cells = [
          "agent_id = x'ff00'",
          "agent_name = x'ff00'",
          "input_tokens = 0.5",
          "output_tokens = 9223372036854775807",
          "cost_usd = 'x'"
        ]
        for (const [at, cell] of cells.entries()) {
          yield* damage(`UPDATE turns SET ${cell} WHERE id = (SELECT id FROM turns ORDER BY id LIMIT 1 OFFSET ${at})`)
        }
        const before = yield* count("turns")
        const left = yield* usage
        assertEquals(left.turn_count, whole.turn_count - cells.length)
        assertEquals(yield* count("turns"), before + cells.length)
        assertEquals((yield* rounds).length, 3)
        // Set aside by a turn that nobody plays; what it says of itself is no amount.
        yield* damage(`
          INSERT INTO turns
            (round_id, room_id, agent_id, agent_name, cell, reason, provider, model, started_at, reserved_tokens)
          SELECT round_id, room_id, agent_id, agent_name, cell + 100 + n, reason, provider, model, started_at, amount
          FROM (SELECT * FROM turns ORDER BY id DESC LIMIT 1),
            (SELECT 1 AS n, 9223372036854775807 AS amount UNION SELECT 2, 9223372036854775807 UNION SELECT 3, 0.5)`)
        yield* damage("UPDATE turns SET agent_id = x'ff00', cost_usd = 'x' WHERE outcome IS NOT NULL")
        yield* say("And once more?")
        assertEquals((yield* watch.ended).stop_reason, "max_rounds")
      })
    )
  )

  for (const cell of [
    "owner_id = x'ff00'",
    "name = x'ff00'",
    "spent_tokens = 0.5",
    "loop_guard = x'ff00'",
    "state = 'torn'"
  ]) {
    it.scopedLive(`of rooms can be deleted (${cell})`, () =>
      house(({ ask, damage, id: room, inRoom, sql }) =>
        Effect.gen(function* () {
          yield* damage(`UPDATE rooms SET ${cell}, cleared_messages = 'x' WHERE id = ${room}`)
          const remove = ask(({ rooms }) => rooms.remove({ path: inRoom }))
          yield* remove
          deepStrictEqual(yield* sql`SELECT id FROM rooms WHERE id = ${room}`, [])
          assertEquals((yield* Effect.flip(remove)).status, 404)
          yield* ask(({ rooms }) => rooms.create({ payload: { name: "den" } }))
        })
      )
    )
  }

  it.scopedLive("of a round that goes on leaves its room busy until it is stopped", () => {
    const puppet = Puppet.make({ act: () => Stream.fromEffect(Effect.never) })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { goOn, pause, say, sql, watch } = yield* room()
        yield* say("Who is there?")
        yield* watch.until("stream_start")
        yield* sql.unsafe("UPDATE rounds SET kind = x'ff00'")
        const { status, tag } = yield* Effect.flip(goOn)
        deepStrictEqual([status, tag], [409, "RoomBusy"])
        yield* pause
        assertEquals((yield* watch.ended).stop_reason, "paused")
      })
    )
  })
})
