import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber } from "effect"
import * as Client from "../../support/Client.ts"
import { emptyDocument, messageOf } from "../../support/documents.ts"
import * as House from "../../support/House.ts"

const said = Array.from({ length: 60 }, (_, at) => messageOf(at + 1, { content: "x".repeat(90_000) }))

const setup = (name: string) =>
  Effect.gen(function* () {
    const { ask } = yield* Client.make
    const sql = yield* SqlClient.SqlClient
    const document = { ...emptyDocument, room: { ...emptyDocument.room, name }, messages: said }
    const stored = Effect.map(
      sql<{ state: string; messages: number }>`
        SELECT state, (SELECT count(*) FROM messages WHERE room_id = rooms.id) AS messages FROM rooms`,
      ([room]) => room
    )
    const until = (isSo: (room: { state: string; messages: number } | undefined) => boolean) =>
      Effect.repeat(Effect.delay(stored, "5 millis"), { until: isSo })
    /** The import can be had again, under its own name and whole: nothing of the first is left. */
    const again = Effect.gen(function* () {
      yield* until((room) => room === undefined)
      deepStrictEqual(yield* sql`SELECT id FROM messages`, [])
      const taken = yield* take
      deepStrictEqual([taken.name, taken.message_count], [name, said.length])
      yield* ask(({ rooms }) => rooms.remove({ path: { room_id: taken.room_id } }))
      yield* until((room) => room === undefined)
    })
    const take = ask(({ documents }, signal) => documents.import({ payload: document, signal }))
    const rooms = ask((parley) => parley.rooms.list())
    return { sql, take, until, again, rooms }
  })

layer(House.shared(), { excludeTestServices: true })("An import that breaks off", (it) => {
  it.effect("because its client went away is seen by nobody, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const { again, rooms, take, until } = yield* setup("left")

      const asking = yield* Effect.fork(take)
      const half = yield* until((room) => room !== undefined && room.messages > 0)
      yield* Fiber.interrupt(asking)
      const seen = yield* rooms

      assertEquals(half?.state, "importing")
      deepStrictEqual(seen, [])
      yield* again
    })
  )

  it.effect("because the disk is full says so, is seen by nobody, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const { again, rooms, sql, take } = yield* setup("full")
      yield* sql`VACUUM`
      const [pages] = yield* sql`PRAGMA page_count`
      yield* sql.unsafe(`PRAGMA max_page_count = ${Number(pages?.["page_count"]) + 300}`)

      const { status, tag } = yield* Effect.flip(take)
      const seen = yield* rooms
      yield* sql`PRAGMA max_page_count = 1073741823`

      deepStrictEqual([status, tag], [507, "StorageFull"])
      deepStrictEqual(seen, [])
      yield* again
    })
  )
})
