import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { house } from "../support/Damaged.ts"
import { images, pixel } from "../support/images.ts"
import { is } from "../support/events.ts"

const unreadable = "This message cannot be read."

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
          assertEquals((yield* watch.ended).stop_reason, "max_rounds")
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

  it.scopedLive("of the log makes a reader read the room again, and what comes after it is told", () =>
    house(({ client, count, damage, id: room, path, sql }) =>
      Effect.gen(function* () {
        const [first, second, third] = yield* sql<{
          id: number
        }>`SELECT id FROM events WHERE room_id = ${room} ORDER BY id`
        yield* damage(`UPDATE events SET body = '{broken' WHERE id = ${second?.id}`)
        for (const stream of [`${path}/stream`, "/stream"]) {
          const reader = yield* client.events(`${stream}?after=${(first?.id ?? 0) - 1}`)
          yield* reader.until(({ id }) => id === third?.id)
          const reset = reader.told.find(is("reset"))
          assertEquals(reset?.after, second?.id)
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
          const reader = yield* client.events(`${stream}?after=${first}`)
          yield* reader.until(({ id }) => id === last)
          const told = reader.seen.flatMap(({ id }) => (typeof id === "number" && id > first && id <= last ? [id] : []))
          assertEquals(told.length, last - first - 1)
          deepStrictEqual(
            reader.told.filter(is("reset")).map(({ after }) => after),
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
