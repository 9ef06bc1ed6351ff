import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { house } from "../support/Damaged.ts"
import { exported } from "../support/documents.ts"
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
      house(({ ask, change, count, damage, id: room, inRoom, messages, read, say, watch }) =>
        Effect.gen(function* () {
          const before = yield* count("messages")
          const page = yield* messages
          const id = page.find(({ content }) => content === "A green apple")?.id ?? 0
          yield* damage(`UPDATE messages SET ${damaged} WHERE id = ${id}`)
          yield* change({ name: "still here" })

          const expected = page.map((it) => (it.id === id ? unreadable : it.content))
          const contents = (all: ReadonlyArray<{ readonly content: string }>) => all.map(({ content }) => content)
          deepStrictEqual(
            contents(yield* ask(({ messages }) => messages.list({ path: inRoom, urlParams: { limit: 900 } }))),
            expected
          )
          deepStrictEqual(contents((yield* read).messages), expected)
          const { hits } = yield* ask(({ search }) => search.everywhere({ urlParams: { q: "apple" } }))
          assertTrue(contents(hits).includes("A red apple"))
          deepStrictEqual(contents((yield* exported(ask, room)).messages), expected)
          assertTrue((yield* count("messages")) > before)

          yield* say("And a yellow one?")
          assertEquals((yield* watch.ended).stop_reason, "max_rounds")
        })
      )
    )
  }

  it.scopedLive("is left out of lists, and harms no other row in them", () =>
    house(({ ask, count, damage, inRoom, other, rounds: list }) =>
      Effect.gen(function* () {
        const [newest, ...rounds] = yield* list
        const round = (at: number) =>
          ask(({ rounds: all }) => all.get({ path: { ...inRoom, round_id: rounds[at]?.id ?? 0 } }))
        for (const [column, value] of [
          ["policy", "priority"],
          ["seed", 0],
          ["started_at", "1970-01-01T00:00:00.000Z"]
        ]) {
          yield* damage(`UPDATE rounds SET ${column} = 'whim' WHERE id = ${newest?.id}`)
          const stop_detail = "What is stored of this round cannot be read"
          const [noticed, ...others] = yield* list
          deepStrictEqual<unknown>(noticed, {
            ...newest,
            ...noticed,
            stop_reason: "set_aside",
            stop_detail,
            [String(column)]: value
          })
          deepStrictEqual(others, rounds)
        }
        yield* damage(`UPDATE rounds SET tape = '[{' WHERE id = ${rounds[0]?.id}`)
        const { status, tag } = yield* Effect.flip(round(0))
        deepStrictEqual([status, tag], [500, "Unreadable"])
        yield* damage(`UPDATE turns SET error = '{' WHERE round_id = ${rounds[1]?.id} AND cell = 0`)
        assertEquals((yield* round(1)).turns.length, 1)
        yield* damage(`UPDATE rooms SET default_model = x'ff00' WHERE id = ${other.id}`)
        const listed = yield* ask(({ rooms }) => rooms.list())
        assertTrue(listed.some(({ name }) => name === "den"))
        yield* damage("UPDATE agents SET priority = 'high' WHERE name = 'Bo'")
        const agents = yield* ask(({ agents }) => agents.list())
        deepStrictEqual(
          agents.map(({ name }) => name),
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
    house(({ ask, count, damage, id: room, inRoom, messages, say, turns, watch }) =>
      Effect.gen(function* () {
        const image = { data: pixel }
        const show = (content: string, images: ReadonlyArray<{ readonly data: string }>) =>
          Effect.flatMap(
            ask(({ messages }) => messages.send({ path: inRoom, payload: { content, images } })),
            ({ id }) => Effect.as(watch.ended, id)
          )
        const two = yield* show("Two", [image, { data: images["image/gif"] }])
        const alone = yield* show("", [image])
        const whole = yield* show("One", [image])
        yield* damage(`UPDATE attachments SET bytes = 'broken' WHERE message_id = ${two} AND position = 0`)
        yield* damage(`DELETE FROM attachments WHERE message_id = ${alone}`)

        const listed = yield* messages
        const shown = (id: number) => listed.find((it) => it.id === id)?.image_data?.data ?? null
        deepStrictEqual([shown(two), shown(alone), shown(whole)], [null, null, pixel])

        const document = yield* exported(ask, room)
        const written = [two, alone, whole].map((id) => document.messages.find((it) => it.id === id))
        deepStrictEqual(
          written.map((it) => [it?.content, it?.participant_type, it?.images.length, it?.missing_images]),
          [
            ["Two", "user", 1, 1],
            [unreadable, "system", 0, 1],
            ["One", "user", 1, undefined]
          ]
        )
        yield* ask(({ documents }) => documents.import({ payload: document }))
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
