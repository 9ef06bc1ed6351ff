import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { inHouse, room } from "../support/Duo.ts"
import { images, pixel } from "../support/images.ts"
import * as Puppet from "../support/Puppet.ts"
import { scrape } from "../support/Scrape.ts"

const speak: Puppet.Act = ({ number, spec }) =>
  Stream.concat(Puppet.say(`Answer ${number} of ${spec.agentName} on apples.`), Puppet.done(`session-${number}`))

const unreadable = "This message cannot be read."

/** A room of three messages and their answers. */
const setup = Effect.gen(function* () {
  const den = yield* room({ max_follow_ups: 0 })
  for (const word of ["red", "green", "blue"]) {
    yield* den.say(`A ${word} apple`)
    yield* den.watch.ended
  }
  const { data: other } = yield* den.client.json("POST", "/rooms", { name: "other" })
  const damage = (statement: string) => den.sql.unsafe(statement)
  const count = (table: string) =>
    Effect.map(scrape(den.client), ({ sum }) => sum("parley_rows_unreadable_total", { table }))
  return { ...den, other, damage, count }
})

const house = <A, E>(test: (den: Effect.Effect.Success<typeof setup>) => Effect.Effect<A, E>) => {
  const puppet = Puppet.make({ act: speak })
  return inHouse(puppet, Effect.flatMap(setup, test))
}

describe("a row that cannot be read", () => {
  for (const damaged of [
    "images = '{broken'",
    "images = '[1]'",
    "images = 'null'",
    "content = x'ff00'",
    "participant_name = x'ff00'"
  ]) {
    it.scopedLive(`is a notice in the place of its message, in pages, searches and exports alike (${damaged})`, () =>
      house(({ client, count, damage, get, path, say, watch }) =>
        Effect.gen(function* () {
          const before = yield* count("messages")
          const page = yield* get("/messages")
          const { id } = page.find(({ content }: { content: string }) => content === "A green apple")
          yield* damage(`UPDATE messages SET ${damaged} WHERE id = ${id}`)
          yield* client.json("PATCH", path, { name: "still here" })

          const expected = page.map((it: { id: number; content: string }) => (it.id === id ? unreadable : it.content))
          const contents = ({ data }: { data: ReadonlyArray<{ content: string }> }) => data.map((it) => it.content)
          deepStrictEqual(contents(yield* client.json("GET", `${path}/messages?limit=900`)), expected)
          deepStrictEqual(
            (yield* get("")).messages.map(({ content }: { content: string }) => content),
            expected
          )
          const found = yield* client.json("GET", "/messages/search?q=apple")
          assertEquals(found.status, 200)
          assertTrue(found.data.hits.some(({ content }: { content: string }) => content === "A red apple"))
          const document = yield* client.json("GET", `${path}/export`)
          deepStrictEqual(contents({ data: document.data.messages }), expected)
          assertTrue((yield* count("messages")) > before)

          yield* say("And a yellow one?")
          assertEquals((yield* watch.ended)["stop_reason"], "max_rounds")
        })
      )
    )
  }

  it.scopedLive("is left out of lists, and harms no other row in them", () =>
    house(({ client, count, damage, get, other, path }) =>
      Effect.gen(function* () {
        const [newest, ...rounds] = yield* get("/rounds")
        for (const [column, value] of [
          ["policy", "priority"],
          ["seed", 0],
          ["started_at", "1970-01-01T00:00:00.000Z"]
        ]) {
          yield* damage(`UPDATE rounds SET ${column} = 'whim' WHERE id = ${newest.id}`)
          const stop_detail = "What is stored of this round cannot be read"
          const [noticed, ...others] = yield* get("/rounds")
          deepStrictEqual(noticed, {
            ...newest,
            ...noticed,
            stop_reason: "set_aside",
            stop_detail,
            [String(column)]: value
          })
          deepStrictEqual(others, rounds)
        }
        yield* damage(`UPDATE rounds SET tape = '[{' WHERE id = ${rounds[0].id}`)
        const broken = yield* client.json("GET", `${path}/rounds/${rounds[0].id}`)
        deepStrictEqual([broken.status, broken.data._tag], [500, "Unreadable"])
        yield* damage(`UPDATE turns SET error = '{' WHERE round_id = ${rounds[1].id} AND cell = 0`)
        assertEquals((yield* get(`/rounds/${rounds[1].id}`)).turns.length, 1)
        yield* damage(`UPDATE rooms SET default_model = x'ff00' WHERE id = ${other.id}`)
        const { data: listed } = yield* client.json("GET", "/rooms")
        deepStrictEqual(listed.map(({ name }: { name: string }) => name).includes("den"), true)
        yield* damage("UPDATE agents SET priority = 'high' WHERE name = 'Bo'")
        const { data: agents } = yield* client.json("GET", "/agents")
        deepStrictEqual(
          agents.map(({ name }: { name: string }) => name),
          ["Ada"]
        )
        for (const table of ["rounds", "turns", "rooms", "agents"]) assertTrue((yield* count(table)) > 0, table)
      })
    )
  )

  it.scopedLive(
    "of a room is told by whatever asks for the room, with the row and the place, and not what stands there",
    () =>
      house(({ client, damage, other }) =>
        Effect.gen(function* () {
          yield* damage(`UPDATE rooms SET budget_usd = 'a secret', name = 'moved' WHERE id = ${other.id}`)
          for (const [method, rest, body] of [
            ["GET", "", undefined],
            ["GET", "/messages", undefined],
            ["GET", "/export", undefined],
            ["GET", "/rounds", undefined],
            ["PATCH", "", { max_messages: 3 }],
            ["POST", "/messages/send", { content: "Hello" }],
            ["DELETE", "/messages", undefined]
          ] as const) {
            const { data, status } = yield* client.json(method, `/rooms/${other.id}${rest}`, body)
            deepStrictEqual(
              [status, data._tag, data.table, data.id, data.detail],
              [
                500,
                "Unreadable",
                "rooms",
                other.id,
                `Row ${other.id} of the table rooms cannot be read, for what it has as budget_usd: it needs mending, or a backup`
              ],
              `${method} ${rest}`
            )
          }
        })
      )
  )

  it.scopedLive("of a turn is left out of what was used, and counted", () =>
    house(({ client, count, damage, get, path, say, watch }) =>
      Effect.gen(function* () {
        yield* client.json("PATCH", path, { turn_policy: "round_robin", budget_tokens: 1_000_000 })
        const whole = yield* get("/usage")
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
        const left = yield* client.json("GET", `${path}/usage`)
        deepStrictEqual([left.status, left.data.turn_count], [200, whole.turn_count - cells.length])
        assertEquals(yield* count("turns"), before + cells.length)
        assertEquals((yield* get("/rounds")).length, 3)
        // Set aside by a turn that nobody plays; what it says of itself is no amount.
        yield* damage(`INSERT INTO turns (round_id, room_id, agent_id, agent_name, cell, reason, provider, model, started_at, reserved_tokens)
          SELECT round_id, room_id, agent_id, agent_name, cell + 100 + n, reason, provider, model, started_at, amount
          FROM (SELECT * FROM turns ORDER BY id DESC LIMIT 1),
            (SELECT 1 AS n, 9223372036854775807 AS amount UNION SELECT 2, 9223372036854775807 UNION SELECT 3, 0.5)`)
        yield* damage("UPDATE turns SET agent_id = x'ff00', cost_usd = 'x' WHERE outcome IS NOT NULL")
        yield* say("And once more?")
        assertEquals((yield* watch.ended)["stop_reason"], "max_rounds")
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
      house(({ client, damage, id: room, path, sql }) =>
        Effect.gen(function* () {
          yield* damage(`UPDATE rooms SET ${cell}, cleared_messages = 'x' WHERE id = ${room}`)
          const gone = yield* client.json("DELETE", path)
          assertEquals(gone.status, 200)
          deepStrictEqual(yield* sql`SELECT id FROM rooms WHERE id = ${room}`, [])
          assertEquals((yield* client.json("DELETE", path)).status, 404)
          assertEquals((yield* client.json("POST", "/rooms", { name: "den" })).status, 200)
        })
      )
    )
  }

  it.scopedLive("of a round that goes on leaves its room busy until it is stopped", () => {
    const puppet = Puppet.make({ act: () => Stream.fromEffect(Effect.never) })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { client, path, say, sql, watch } = yield* room()
        yield* say("Who is there?")
        yield* watch.until(({ type }) => type === "stream_start")
        yield* sql.unsafe("UPDATE rounds SET kind = x'ff00'")
        const busy = yield* client.json("POST", `${path}/continue`)
        deepStrictEqual([busy.status, busy.data._tag], [409, "RoomBusy"])
        assertEquals((yield* client.json("POST", `${path}/pause`)).status, 200)
        assertEquals((yield* watch.ended)["stop_reason"], "paused")
      })
    )
  })

  it.scopedLive("of the log makes a reader read the room again, and what comes after it is told", () =>
    house(({ client, count, damage, id: room, path, sql }) =>
      Effect.gen(function* () {
        const [first, second, third] = yield* sql<{
          id: number
        }>`SELECT id FROM events WHERE room_id = ${room} ORDER BY id`
        yield* damage(`UPDATE events SET body = '{broken' WHERE id = ${second?.id}`)
        for (const stream of [`${path}/stream`, "/stream"]) {
          const { seen, until } = yield* client.events(`${stream}?after=${(first?.id ?? 0) - 1}`)
          yield* until(({ id }) => id === third?.id)
          const reset = seen.find(({ type }) => type === "reset")
          assertEquals(reset?.data.after, second?.id)
        }
        assertTrue((yield* count("events")) > 0)
      }).pipe(Effect.scoped)
    )
  )

  it.scopedLive("of the log, whatever of it is broken, ends nobody's reading of a long log", () =>
    house(({ client, count, damage, id: room, path, sql }) =>
      Effect.gen(function* () {
        yield* damage(`INSERT INTO events (room_id, type, body, created_at)
          WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 450)
          SELECT ${room}, 'room_updated', '{"type":"room_updated"}', '2026-01-01T00:00:00.000Z' FROM numbers`)
        const [ends] = yield* sql<{ first: number; last: number }>`
          SELECT min(id) AS first, max(id) AS last FROM events WHERE room_id = ${room}`
        const { first = 0, last = 0 } = ends ?? {}
        yield* damage(`UPDATE events SET type = x'ff00' WHERE id = ${first + 3}`)
        for (const stream of [`${path}/stream`, "/stream"]) {
          const { seen, until } = yield* client.events(`${stream}?after=${first}`)
          yield* until(({ id }) => id === last)
          const told = seen.flatMap(({ id }) => (typeof id === "number" && id > first && id <= last ? [id] : []))
          assertEquals(told.length, last - first - 1)
          deepStrictEqual(
            seen.filter(({ type }) => type === "reset").map(({ data }) => data.after),
            [first + 3]
          )
        }
        assertTrue((yield* count("events")) > 0)
      }).pipe(Effect.scoped)
    )
  )

  it.scopedLive("of a picture is missed alone: lists, exports and turns go on without it, and an export says so", () =>
    house(({ client, count, damage, path, say, turns, watch }) =>
      Effect.gen(function* () {
        const image = { data: pixel }
        const show = (content: string, images: ReadonlyArray<object>) =>
          Effect.flatMap(client.json("POST", `${path}/messages/send`, { content, images }), ({ data }) =>
            Effect.as(watch.ended, data.id)
          )
        const two = yield* show("Two", [image, { data: images["image/gif"] }])
        const alone = yield* show("", [image])
        const whole = yield* show("One", [image])
        yield* damage(`UPDATE attachments SET bytes = 'broken' WHERE message_id = ${two} AND position = 0`)
        yield* damage(`DELETE FROM attachments WHERE message_id = ${alone}`)

        const { data: listed, status } = yield* client.json("GET", `${path}/messages`)
        const shown = (id: number) => listed.find((it: { id: number }) => it.id === id)?.image_data?.data ?? null
        deepStrictEqual([status, shown(two), shown(alone), shown(whole)], [200, null, null, pixel])

        const { data: document } = yield* client.json("GET", `${path}/export`)
        const exported = [two, alone, whole].map((id) => document.messages.find((it: { id: number }) => it.id === id))
        deepStrictEqual(
          exported.map((it) => [it.content, it.participant_type, it.images.length, it.missing_images]),
          [
            ["Two", "user", 1, 1],
            [unreadable, "system", 0, 1],
            ["One", "user", 1, undefined]
          ]
        )
        assertEquals((yield* client.json("POST", "/rooms/import", document)).status, 200)
        assertTrue((yield* count("attachments")) > 0)

        yield* damage("DELETE FROM sessions")
        const before = (yield* turns).length
        yield* say("What did you see?")
        yield* watch.ended
        deepStrictEqual(
          (yield* turns).slice(before).map(([, outcome]) => outcome),
          ["replied", "replied"]
        )
      })
    )
  )

  it.scopedLive("of a seat's session has the seat begin anew", () =>
    house(({ damage, say, turns, watch }) =>
      Effect.gen(function* () {
        yield* damage("UPDATE sessions SET last_message_id = 'x'")
        const before = (yield* turns).length
        yield* say("Once more?")
        yield* watch.ended
        deepStrictEqual(
          (yield* turns).slice(before).map(([, outcome]) => outcome),
          ["replied", "replied"]
        )
      })
    )
  )
})
