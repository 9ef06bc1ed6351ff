import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Predicate, Record } from "effect"
import house from "../../src/store/Db/migrations/0001_house.ts"
import engine from "../../src/store/Db/migrations/0002_engine.ts"
import attachments from "../../src/store/Db/migrations/0003_attachments.ts"
import sessions from "../../src/store/Db/migrations/0004_sessions.ts"
import * as Db from "../../src/store/Db.ts"
import { Settings } from "../../src/process/Settings.ts"

const step = (statement: string) => Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.asVoid(sql.unsafe(statement)))
const colours = step("ALTER TABLE rooms ADD COLUMN colour TEXT")

const first = Db.layerOf({ "0001_house": house })
const second = Db.layerOf({ "0001_house": house, "0002_colours": colours })
const broken = Db.layerOf({
  "0001_house": house,
  "0002_broken": Effect.zipRight(colours, step("ALTER TABLE nowhere ADD x"))
})

const add = (name: string) =>
  step(`INSERT INTO rooms (owner_id, name, default_provider, created_at) VALUES ('admin', '${name}', 'x', 'now')`)
const column = (statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(sql.unsafe<Readonly<Record<string, unknown>>>(statement), (rows) => rows.flatMap(Object.values))
  )
const names = column("SELECT name FROM rooms ORDER BY id")
const hasColours = Effect.map(column("SELECT name FROM pragma_table_info('rooms')"), (found) =>
  found.includes("colour")
)

const setup = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* fs.makeTempDirectoryScoped()
  const settings = Layer.orDie(Settings.layerFrom({ DATA_DIR: folder }))
  /** Opens the file, does the work and closes it again. */
  const open = <A, E>(layer: typeof first, work: Effect.Effect<A, E, SqlClient.SqlClient>) =>
    Effect.scoped(Effect.provide(work, Layer.provide(layer, settings)))
  const file = (name: string) => path.join(folder, name)
  const files = Effect.map(fs.readDirectory(folder), (found) => found.toSorted())
  return { fs, open, file, files }
})

describe("Db", () => {
  it.scoped("an older file is copied as it was before it is changed, and keeps what was in it", () =>
    Effect.gen(function* () {
      const { file, files, fs, open } = yield* setup
      yield* open(first, add("old"))

      const after = yield* open(second, Effect.all([names, hasColours]))
      yield* fs.makeDirectory(file("copy"))
      yield* fs.copyFile(file("parley.db.before-2"), file("copy/parley.db"))
      const copied = Layer.orDie(Settings.layerFrom({ DATA_DIR: file("copy") }))
      const before = yield* Effect.scoped(Effect.provide(Effect.all([names, hasColours]), Layer.provide(first, copied)))

      deepStrictEqual(after, [["old"], true])
      deepStrictEqual(before, [["old"], false])
      deepStrictEqual(yield* files, ["copy", "parley.db", "parley.db.before-2"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("turns are all there after their table was made anew, and no number comes again", () =>
    Effect.gen(function* () {
      const { open } = yield* setup
      const older = Db.layerOf(Record.filter(Db.migrations, (_, name) => name < "0016"))
      const turns = Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql<Readonly<Record<string, unknown>>>`SELECT * FROM turns ORDER BY id`
      )
      const fill = Effect.gen(function* () {
        yield* add("old")
        yield* step(`INSERT INTO rounds (room_id, "trigger", policy, seed, tape, started_at)
          VALUES (1, '{}', 'round_robin', 1, '[]', 'now')`)
        const columns = yield* column("SELECT name FROM pragma_table_info('turns')")
        const own = { id: 7, round_id: 1, room_id: 1, message_id: null, outcome: "replied" }
        for (const [at, more] of [own, { ...own, id: 9, outcome: null }, { ...own, id: 11 }].entries()) {
          const row = { ...Object.fromEntries(columns.map((name, place) => [`${name}`, 100 * at + place])), ...more }
          yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO turns ${sql.insert(row)}`)
        }
        yield* step("DELETE FROM turns WHERE id = 11")
        return yield* turns
      })
      const next = column(`INSERT INTO turns
        (round_id, room_id, agent_id, agent_name, cell, reason, provider, model, started_at)
        VALUES (1, 1, 1, 'Ada', 0, 'turn', 'x', 'x', 'now') RETURNING id`)

      const before = yield* open(older, fill)
      const [after, ids] = yield* open(Db.layer, Effect.all([turns, next]))

      assertEquals(before.length, 2)
      deepStrictEqual(after, before)
      deepStrictEqual(ids, [12])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("a new file and one that is up to date are not copied", () =>
    Effect.gen(function* () {
      const { files, open } = yield* setup

      yield* open(second, add("new"))
      deepStrictEqual(yield* open(second, names), ["new"])

      deepStrictEqual(yield* files, ["parley.db"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("a migration that fails half-way leaves the file as it was", () =>
    Effect.gen(function* () {
      const { open } = yield* setup
      yield* open(first, add("old"))

      const exit = yield* Effect.exit(open(broken, names))

      assertEquals(exit._tag, "Failure")
      deepStrictEqual(yield* open(first, Effect.all([names, hasColours])), [["old"], false])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("a file of a newer schema is refused in clear words, and not a byte of it is touched", () =>
    Effect.gen(function* () {
      const { file, files, fs, open } = yield* setup
      yield* open(second, add("newer"))
      const before = yield* fs.readFile(file("parley.db"))

      const refused = yield* Effect.flip(open(first, names))

      assertTrue(refused instanceof Db.SchemaTooNew)
      assertEquals(refused.message, "the database has schema 2, this Parley knows 1: start the newer version")
      deepStrictEqual(yield* fs.readFile(file("parley.db")), before)
      deepStrictEqual(yield* files, ["parley.db"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("what was said before there was a search is found by it", () =>
    Effect.gen(function* () {
      const { open } = yield* setup
      const said = step(`
        INSERT INTO messages (room_id, role, content, timestamp) VALUES (1, 'user', '등대지기가 웃었다', 'now')`)
      const four = Db.layerOf({
        "0001_house": house,
        "0002_engine": engine,
        "0003_attachments": attachments,
        "0004_sessions": sessions
      })
      yield* open(four, Effect.zipRight(add("old"), said))

      const found = yield* open(Db.layer, column(`SELECT rowid FROM messages_search WHERE content MATCH '등대지기'`))

      deepStrictEqual(found, [1])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("every commit is on disk before it returns, and references are enforced", () =>
    Effect.gen(function* () {
      const { open } = yield* setup
      const pragmas = Effect.all(
        ["journal_mode", "synchronous", "foreign_keys"].map((name) => column(`PRAGMA ${name}`))
      )
      const stray = step("INSERT INTO events (room_id, type, body, created_at) VALUES (7, 'x', '{}', 'now')")

      const found = yield* open(Db.layer, pragmas)
      const refused = yield* Effect.flip(open(Db.layer, stray))

      deepStrictEqual(found, [["wal"], [2], [1]])
      const cause = Predicate.hasProperty(refused, "cause") ? refused.cause : null
      assertTrue(Predicate.hasProperty(cause, "code") && cause.code === "SQLITE_CONSTRAINT_FOREIGNKEY")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("every reference has an index, so that deleting a room or an agent searches its own rows only", () =>
    Effect.gen(function* () {
      const bare = yield* column(`
        SELECT tables.name || '.' || keys."from"
        FROM sqlite_master AS tables, pragma_foreign_key_list(tables.name) AS keys
        WHERE tables.type = 'table' AND NOT EXISTS (
          SELECT 1 FROM pragma_index_list(tables.name) AS indexes, pragma_index_info(indexes.name) AS parts
          WHERE parts.seqno = 0 AND parts.name = keys."from"
        )`)

      deepStrictEqual(bare, [])
    }).pipe(Effect.provide(Db.layerTest))
  )
})
