import * as Reactivity from "@effect/experimental/Reactivity"
import { FileSystem, Path } from "@effect/platform"
import { Migrator, SqlClient, type SqlError } from "@effect/sql"
import type { Connection } from "@effect/sql/SqlConnection"
import { Context, Data, Effect, Layer, Option, Schema } from "effect"
import * as Client from "./Db/Client.ts"
import * as Driver from "./Db/Driver.ts"
import { DbFile, Handles } from "./DbFile.ts"
import { type DatabaseUnusable, inspect, unlessLocked, unusable } from "./Inspect.ts"
import house from "./Db/migrations/0001_house.ts"
import engine from "./Db/migrations/0002_engine.ts"
import attachments from "./Db/migrations/0003_attachments.ts"
import sessions from "./Db/migrations/0004_sessions.ts"
import logins from "./Db/migrations/0005_logins.ts"
import search from "./Db/migrations/0006_search.ts"
import imports from "./Db/migrations/0007_imports.ts"
import grants from "./Db/migrations/0008_grants.ts"
import tries from "./Db/migrations/0009_tries.ts"
import hidden from "./Db/migrations/0010_hidden.ts"
import someoneAnswers from "./Db/migrations/0011_someone_answers.ts"
import finish from "./Db/migrations/0012_finish.ts"
import choices from "./Db/migrations/0013_choices.ts"
import shownNames from "./Db/migrations/0014_shown_names.ts"
import eventsAge from "./Db/migrations/0015_events_age.ts"
import turns from "./Db/migrations/0016_turns.ts"
import searchLater from "./Db/migrations/0017_search_later.ts"
import { faultIn } from "../domain/Storage.ts"
import { Settings } from "../process/Settings.ts"

/** By number and name; a file has had all of them up to its version. */
type Migrations = Readonly<Record<string, Effect.Effect<void, SqlError.SqlError, SqlClient.SqlClient>>>

/** All of them, in order. */
export const migrations: Migrations = {
  "0001_house": house,
  "0002_engine": engine,
  "0003_attachments": attachments,
  "0004_sessions": sessions,
  "0005_logins": logins,
  "0006_search": search,
  "0007_imports": imports,
  "0008_grants": grants,
  "0009_tries": tries,
  "0010_hidden": hidden,
  "0011_someone_answers": someoneAnswers,
  "0012_finish": finish,
  "0013_choices": choices,
  "0014_shown_names": shownNames,
  "0015_events_age": eventsAge,
  "0016_turns": turns,
  "0017_search_later": searchLater
}

/** The schema that this Parley brings a file to. */
export const newestSchema = Object.keys(migrations).length

/** The file was written by a newer Parley; nothing in it was touched. */
export class SchemaTooNew extends Data.TaggedError("SchemaTooNew")<{ readonly found: number; readonly known: number }> {
  override get message() {
    return `the database has schema ${this.found}, this Parley knows ${this.known}: start the newer version`
  }
}

const Version = Schema.Array(Schema.Struct({ version: Schema.NullOr(Schema.Int) }))

const versionOf = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const [table] = yield* sql`SELECT name FROM sqlite_master WHERE name = 'effect_sql_migrations'`
  if (table === undefined) return 0
  const rows = yield* sql`SELECT max(migration_id) AS version FROM effect_sql_migrations`
  const [row] = yield* Schema.decodeUnknown(Version)(rows)
  return row?.version ?? 0
})

type Database = Effect.Effect.Success<ReturnType<typeof Driver.open>>

/** The open file itself. */
export class Opened extends Context.Tag("parley/store/Db/Opened")<Opened, Database>() {}

/**
 * SQLite would wait for another process in the event loop, and everybody with it: who writes waits beside it. It would
 * also take over its log within a commit; the queue does so after one. The first statement brings the log and its index
 * into being.
 */
const opened = (filename: string) =>
  Layer.scoped(
    Opened,
    Effect.tap(Driver.open(filename), (database) => {
      const run = (text: string) => Effect.try(() => database.prepare(text)([]))
      return Effect.orDie(
        Effect.all([
          run("PRAGMA busy_timeout = 0"),
          run("PRAGMA wal_autocheckpoint = 0"),
          unlessLocked(run("SELECT count(*) FROM sqlite_master"))
        ])
      )
    })
  )

/** In bytes. While somebody reads for long the log grows with what is written; it gives the rest back when they go. */
const largestLog = 16 * 2 ** 20

/** Returns when no other process is writing. */
const free = (sql: SqlClient.SqlClient) => {
  const run = (connection: Connection, statement: string) => connection.execute(statement, [], undefined)
  return Effect.flatMap(sql.reserve, (connection) =>
    Effect.uninterruptible(Effect.zipRight(run(connection, "BEGIN IMMEDIATE"), run(connection, "ROLLBACK")))
  ).pipe(Effect.scoped, unlessLocked)
}

const migrate = (steps: Migrations, backup: (database: Database, version: number) => Effect.Effect<unknown>) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const newest = Object.keys(steps).length
      const sql = yield* SqlClient.SqlClient
      const database = yield* Opened
      // WAL alone would sync at checkpoints only: an acknowledged write could be lost with the power.
      yield* Effect.orDie(free(sql))
      yield* sql`PRAGMA synchronous = FULL`
      yield* sql`PRAGMA foreign_keys = ON`
      yield* sql.unsafe(`PRAGMA journal_size_limit = ${largestLog}`)
      const version = yield* Effect.orDie(versionOf(sql))
      if (version > newest) return yield* new SchemaTooNew({ found: version, known: newest })
      if (version > 0 && version < newest) yield* backup(database, version)
      yield* Effect.orDie(Migrator.make({})({ loader: Migrator.fromRecord(steps) }))
    })
  )

const connection = (filename: string, file: Layer.Layer<DbFile, never, Handles>) =>
  Layer.unwrapEffect(
    Effect.map(Effect.all([Opened, DbFile]), ([database, { heard }]) => Client.over(database, heard))
  ).pipe(
    Layer.provideMerge(file),
    Layer.provideMerge(opened(filename)),
    Layer.provide(Reactivity.layer),
    Layer.provide(Handles.layer)
  )

/** What an operator can mend is told in plain words, also where it broke as a defect. */
const plainly =
  (file: string) =>
  <A, E, R>(layer: Layer.Layer<A, E, R>) =>
    Layer.catchAllCause(layer, (cause): Layer.Layer<A, E | DatabaseUnusable> => {
      const fault = faultIn(cause)
      return Option.isSome(fault) ? Layer.fail(unusable(file, fault.value)) : Layer.failCause(cause)
    })

/** SQLite in `DATA_DIR/parley.db`, brought up to the given steps. An older file is copied before it is changed. */
export const layerOf = (steps: Migrations) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { DATA_DIR } = yield* Settings
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      yield* fs.makeDirectory(DATA_DIR, { recursive: true, mode: 0o700 })
      const filename = path.join(DATA_DIR, "parley.db")
      yield* inspect(filename)
      return migrate(steps, ({ backup }, version) => backup(`${filename}.before-${version + 1}`)).pipe(
        Layer.provideMerge(connection(filename, DbFile.layerOf(filename))),
        plainly(filename)
      )
    })
  )

/** SQLite in `DATA_DIR/parley.db`, migrated, foreign keys on, every commit on disk before it returns. */
export const layer = layerOf(migrations)

/** In memory, migrated. */
export const layerTest = migrate(migrations, () => Effect.void).pipe(
  Layer.provideMerge(connection(":memory:", DbFile.layerMemory)),
  Layer.orDie
)
