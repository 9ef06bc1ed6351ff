import { FileSystem } from "@effect/platform"
import { SystemError } from "@effect/platform/Error"
import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import Database from "better-sqlite3"
import { Effect, Layer } from "effect"
import * as DataDir from "../../../src/process/DataDir.ts"
import * as Db from "../../../src/store/Db.ts"
import house from "../../../src/store/Db/migrations/0001_house.ts"
import { Closing } from "../../../src/process/Closing.ts"
import { Settings } from "../../../src/process/Settings.ts"
import { WriteQueue } from "../../../src/store/WriteQueue.ts"
import { layer } from "../../support/Process.ts"

const refused = new SystemError({
  module: "FileSystem",
  method: "access",
  reason: "PermissionDenied",
  cause: { code: "EACCES" }
})

/** A folder with a database of an older Parley. */
const setup = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const DATA_DIR = `${folder}/data`
  const file = `${DATA_DIR}/parley.db`
  const settings = Layer.orDie(Settings.layerFrom({ DATA_DIR }))
  yield* Effect.scoped(Layer.build(Layer.provide(Db.layerOf({ "0001_house": house }), settings)))
  const start = Layer.build(Layer.provide(Db.layer, settings))
  const another = Effect.acquireRelease(
    Effect.sync(() => new Database(file, { timeout: 0 })),
    (db) => Effect.sync(() => db.close())
  )
  /** As for a user who may not write to one of the files. */
  const without = (name: string) =>
    Effect.provideService(FileSystem.FileSystem, {
      ...fs,
      access: (path, asked) =>
        path === `${DATA_DIR}/${name}` && asked?.writable === true ? Effect.fail(refused) : fs.access(path, asked)
    })
  const size = (name: string) => Effect.map(fs.stat(name), (stat) => Number(stat.size))
  return { another, file, settings, size, start, without }
})

describe("a start over a database", () => {
  it.scopedLive("waits for another process that writes, and then brings the file up to date", () =>
    Effect.gen(function* () {
      const { another, start } = yield* setup
      const other = yield* another
      other.exec("BEGIN IMMEDIATE")
      yield* Effect.forkScoped(
        Effect.delay(
          Effect.sync(() => other.exec("COMMIT")),
          "300 millis"
        )
      )

      yield* start

      const version = other.prepare("SELECT max(migration_id) FROM effect_sql_migrations").pluck().get()
      deepStrictEqual(version, Db.newestSchema)
    }).pipe(Effect.provide(layer))
  )

  for (const name of ["parley.db", "parley.db-wal", "parley.db-shm"]) {
    it.scopedLive(`says that ${name} cannot be written`, () =>
      Effect.gen(function* () {
        const { another, start, without } = yield* setup
        // Whoever has the database open has its log and its index there.
        const other = yield* another
        other.prepare("SELECT count(*) FROM rooms").get()

        const error = yield* Effect.flip(Effect.scoped(without(name)(start)))

        assertInclude(String(error), "cannot be written: a file of it or its file system is read-only")
      }).pipe(Effect.provide(layer))
    )
  }

  it.scopedLive("does not take the folder where SQLite would give no lock: its file may only be read", () =>
    Effect.gen(function* () {
      const { settings, without } = yield* setup

      const error = yield* Effect.flip(without("lock")(Layer.build(Layer.provide(DataDir.layer, settings))))

      assertInclude(String(error), "the file lock in it, is on a read-only file system, or belongs to another user")
    }).pipe(Effect.provide(layer))
  )
})

describe("the log of the open database", () => {
  it.scopedLive("gives its space back when a reader is gone that kept it from being emptied", () =>
    Effect.gen(function* () {
      const { another, file, settings, size } = yield* setup
      const written = WriteQueue.layer.pipe(Layer.provideMerge(Db.layer), Layer.provide(Closing.layer))
      const grown = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const queue = yield* WriteQueue
        const reader = yield* another
        const keep = (bytes: number) => queue.write(Effect.orDie(sql`INSERT INTO plums VALUES (zeroblob(${bytes}))`))
        yield* sql`CREATE TABLE plums (stone)`
        reader.exec("BEGIN")
        reader.prepare("SELECT count(*) FROM plums").get()
        for (let n = 0; n < 40; n++) yield* keep(1_000_000)
        const before = yield* size(`${file}-wal`)
        reader.exec("COMMIT")
        for (let n = 0; n < 5; n++) yield* keep(1_000_000)
        for (let n = 0; n < 3; n++) yield* keep(1)
        return [before, yield* size(`${file}-wal`)] as const
      }).pipe(Effect.provide(Layer.provideMerge(written, settings)))

      assertTrue(grown[0] > 40_000_000 && grown[1] < 20_000_000, `${grown}`)
    }).pipe(Effect.provide(layer))
  )
})
