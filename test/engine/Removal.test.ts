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
  const { ask } = client
  const create = (name: string) => ask(({ rooms }) => rooms.create({ payload: { name } }))
  const { id } = yield* create(name)
  const path = { room_id: id }
  const read = ask(({ rooms }) => rooms.get({ path }))
  const remove = ask(({ rooms }) => rooms.remove({ path }))
  const clear = ask(({ messages }) => messages.clear({ path }))
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
  return { ...client, client, sql, name, id, path, create, read, remove, clear, fill, countOf, gone }
})

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Removal", (it) => {
  for (const state of ["importing", "deleting"]) {
    it.effect(`a room that is ${state} is there for nobody`, () =>
      Effect.gen(function* () {
        const { ask, clear, client, create, events, id, name, path, read, remove, sql } = yield* setup
        const send = (content: string, ...images: ReadonlyArray<{ readonly data: string }>) =>
          ask(({ messages }) => messages.send({ path, payload: { content, images } }))
        const picture = yield* send("a lantern in the harbour", { data: pixel })
        const [agent] = yield* ask(({ agents }) => agents.list())
        const seat = { ...path, agent_id: agent?.id ?? 0 }
        yield* sql`UPDATE rooms SET state = ${state}, owner_id = 'admin' WHERE id = ${id}`
        yield* Effect.flatMap(Cache, ({ clear }) => clear)

        const asked = yield* Effect.forEach(
          [
            read,
            ask(({ messages }) => messages.list({ path })),
            ask(({ messages }) => messages.poll({ path })),
            ask(({ rounds }) => rounds.list({ path })),
            ask(({ rounds }) => rounds.usage({ path })),
            ask(({ documents }) => documents.export({ path })),
            ask(({ rooms }) => rooms.roster({ path })),
            ask(({ rounds }) => rounds.critiques({ path })),
            send("Hello?"),
            ask(({ rooms }) => rooms.join({ path: seat })),
            ask(({ rooms }) => rooms.leave({ path: seat })),
            ask(({ rooms }) => rooms.markRead({ path })),
            ask(({ rounds }) => rounds.goOn({ path })),
            ask(({ rooms }) => rooms.update({ path, payload: { name: "Otherwise" } })),
            clear,
            remove
          ],
          (call) => Client.statusOf<unknown>(call)
        )
        const image = yield* Effect.scoped(client.send("GET", picture.images?.[0]?.url ?? ""))
        const list = yield* ask(({ rooms }) => rooms.list())
        const found = yield* ask(({ search }) => search.everywhere({ urlParams: { q: "lantern harbour" } }))
        const all = yield* Effect.scoped(
          Effect.flatMap(events("/stream?after=0"), (reader) =>
            Effect.zipRight(
              reader.hears("rooms"),
              Effect.sync(() => reader.told)
            )
          )
        )
        const named = yield* Client.statusOf(create(name))

        deepStrictEqual(
          asked.filter((status) => status !== 404),
          []
        )
        assertEquals(image.status, 404)
        assertTrue(!list.some((room) => room.id === id))
        assertTrue(!found.hits.some((hit) => hit.room_id === id))
        assertTrue(
          !all.some(
            (event) =>
              ("room_id" in event && event.room_id === id) || (event.type === "rooms" && event.ids.includes(id))
          )
        )
        assertEquals(named, state === "deleting" ? 200 : 409)
        yield* sql`UPDATE rooms SET state = 'deleting' WHERE id = ${id}`
      })
    )
  }

  it.effect("a deleted room is gone with all that belonged to it, and its name is free at once", () =>
    Effect.gen(function* () {
      const { countOf, create, fill, gone, name, read, remove } = yield* setup
      yield* fill(2000)
      yield* read

      yield* remove
      const { status } = yield* Effect.flip(read)
      yield* create(name)
      yield* gone

      assertEquals(status, 404)
      for (const table of ["messages", "events", "room_agents"]) assertEquals(yield* countOf(table), 0)
    })
  )

  it.scoped("a deleted room is told gone to each of its readers once, however often it is deleted", () =>
    Effect.gen(function* () {
      const { create, events, fill, gone, id, remove } = yield* setup
      yield* fill(2000)
      const [ofRoom, ofAll] = yield* Effect.all([events(`/rooms/${id}/stream`), events("/stream")])

      const deleted = yield* Effect.all([Client.statusOf(remove), Client.statusOf(remove)], { concurrency: 2 })
      yield* gone
      yield* ofRoom.over
      const next = yield* create(`after room ${id}`)
      yield* ofAll.hears("room_created", ({ room_id }) => room_id === next.id)

      deepStrictEqual(deleted.toSorted(), [200, 404])
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
      const { ask, clear, countOf, id, path, sql } = yield* setup
      const send = (content: string) =>
        ask(({ messages }) => messages.send({ path, payload: { content }, headers: { "idempotency-key": "once" } }))
      const list = (limit: number) => ask(({ messages }) => messages.list({ path, urlParams: { limit } }))
      yield* send("a heron on the pier")
      // As a clearing leaves it whose rows are not gone yet.
      yield* sql`
        UPDATE rooms
        SET cleared_messages = (SELECT max(id) FROM messages), cleared_events = (SELECT max(id) FROM events)
        WHERE id = ${id}`

      const page = yield* list(7)
      const found = yield* ask(({ search }) => search.inRoom({ path, urlParams: { q: "heron" } }))
      yield* send("a heron again")
      const cleared = yield* list(8)

      deepStrictEqual([page, found.hits], [[], []])
      deepStrictEqual(
        cleared.map(({ content }) => content),
        ["a heron again"]
      )
      yield* clear
      yield* Effect.repeat(Effect.delay(countOf("messages"), "5 millis"), { until: (n) => n === 0 })
    })
  )
})
