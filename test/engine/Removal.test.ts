import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { Cache } from "../../src/store/Cache.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import { pixel } from "../support/images.ts"

let names = 0

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const name = `room ${++names}`
  const { data } = yield* client.json("POST", "/rooms", { name })
  const id: number = data.id
  const path = `/rooms/${id}`
  const fill = (count: number) => sql`
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO messages (room_id, role, content, timestamp)
    SELECT ${id}, 'user', 'harbour ' || i, '2026-01-01T00:00:00.000Z' FROM n`
  const countOf = (table: string, column = "room_id") =>
    Effect.map(
      sql.unsafe<{ readonly n: number }>(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ${id}`),
      ([row]) => row?.n
    )
  const gone = Effect.repeat(Effect.delay(countOf("rooms", "id"), "5 millis"), { until: (n) => n === 0 })
  return { ...client, client, sql, name, id, path, fill, countOf, gone }
})

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Removal", (it) => {
  for (const state of ["importing", "deleting"]) {
    it.effect(`a room that is ${state} is there for nobody`, () =>
      Effect.gen(function* () {
        const { client, events, id, json, name, path, sql } = yield* setup
        const { data: picture } = yield* json("POST", `${path}/messages/send`, {
          content: "a lantern in the harbour",
          images: [{ data: pixel }]
        })
        const { data: agents } = yield* json("GET", "/agents")
        yield* sql`UPDATE rooms SET state = ${state}, owner_id = 'admin' WHERE id = ${id}`
        yield* Effect.flatMap(Cache, ({ clear }) => clear)

        const reads = ["", "/messages", "/messages/poll", "/rounds", "/usage", "/export", "/agents", "/critic-messages"]
        const asked = yield* Effect.forEach(reads, (route) => json("GET", `${path}${route}`))
        const written = yield* Effect.all([
          json("POST", `${path}/messages/send`, { content: "Hello?" }),
          json("POST", `${path}/agents/${agents[0].id}`),
          json("DELETE", `${path}/agents/${agents[0].id}`),
          json("POST", `${path}/mark-read`),
          json("POST", `${path}/continue`),
          json("PATCH", path, { name: "Otherwise" }),
          json("DELETE", `${path}/messages`),
          json("DELETE", path)
        ])
        const image = yield* Effect.scoped(client.send("GET", picture.images[0].url))
        const list = yield* json("GET", "/rooms")
        const found = yield* json("GET", "/messages/search?q=lantern%20harbour")
        const all = yield* Effect.scoped(
          Effect.flatMap(events("/stream?after=0"), (reader) =>
            Effect.zipRight(
              reader.hears("rooms"),
              Effect.sync(() => reader.told)
            )
          )
        )
        const named = yield* json("POST", "/rooms", { name })

        deepStrictEqual([...asked, ...written].filter(({ status }) => status !== 404).length, 0)
        assertEquals(image.status, 404)
        assertTrue(!list.data.some((room: { readonly id: number }) => room.id === id))
        assertTrue(!found.data.hits.some((hit: { readonly room_id: number }) => hit.room_id === id))
        assertTrue(
          !all.some(
            (event) =>
              ("room_id" in event && event.room_id === id) || (event.type === "rooms" && event.ids.includes(id))
          )
        )
        assertEquals(named.status, state === "deleting" ? 200 : 409)
        yield* sql`UPDATE rooms SET state = 'deleting' WHERE id = ${id}`
      })
    )
  }

  it.effect("a deleted room is gone with all that belonged to it, and its name is free at once", () =>
    Effect.gen(function* () {
      const { countOf, fill, gone, json, name, path } = yield* setup
      yield* fill(2000)
      yield* json("GET", path)

      const deleted = yield* json("DELETE", path)
      const after = yield* json("GET", path)
      const again = yield* json("POST", "/rooms", { name })
      yield* gone

      deepStrictEqual([deleted.status, after.status, again.status], [200, 404, 200])
      for (const table of ["messages", "events", "room_agents"]) assertEquals(yield* countOf(table), 0)
    })
  )

  it.scoped("a deleted room is told gone to each of its readers once, however often it is deleted", () =>
    Effect.gen(function* () {
      const { events, fill, gone, id, json, path } = yield* setup
      yield* fill(2000)
      const [ofRoom, ofAll] = yield* Effect.all([events(`${path}/stream`), events("/stream")])

      const deleted = yield* Effect.all([json("DELETE", path), json("DELETE", path)], { concurrency: 2 })
      yield* gone
      yield* ofRoom.over
      const { data: next } = yield* json("POST", "/rooms", { name: `after room ${id}` })
      yield* ofAll.hears("room_created", ({ room_id }) => room_id === next.id)

      deepStrictEqual(deleted.map(({ status }) => status).toSorted(), [200, 404])
      for (const { seen } of [ofRoom, ofAll]) {
        deepStrictEqual(
          seen.flatMap(({ data, type }) => (type === "room_deleted" ? [data] : [])),
          [{ room_id: id, type: "room_deleted" }]
        )
      }
    })
  )

  it.effect("a cleared room shows nothing of before, takes the same key again, and is emptied", () =>
    Effect.gen(function* () {
      const { countOf, id, json, path, sql } = yield* setup
      const send = (content: string) =>
        json("POST", `${path}/messages/send`, { content }, { "idempotency-key": "once" })
      yield* send("a heron on the pier")
      // As a clearing leaves it whose rows are not gone yet.
      yield* sql`
        UPDATE rooms
        SET cleared_messages = (SELECT max(id) FROM messages), cleared_events = (SELECT max(id) FROM events)
        WHERE id = ${id}`

      const page = yield* json("GET", `${path}/messages?limit=7`)
      const found = yield* json("GET", `${path}/messages/search?q=heron`)
      const sent = yield* send("a heron again")
      const { data: cleared } = yield* json("GET", `${path}/messages?limit=8`)

      deepStrictEqual([page.data, found.data.hits, sent.status], [[], [], 200])
      deepStrictEqual(
        cleared.map((message: { readonly content: string }) => message.content),
        ["a heron again"]
      )
      yield* json("DELETE", `${path}/messages`)
      yield* Effect.repeat(Effect.delay(countOf("messages"), "5 millis"), { until: (n) => n === 0 })
    })
  )
})
