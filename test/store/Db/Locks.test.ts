import { FileSystem } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertTrue, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
import * as Db from "../../../src/store/Db.ts"
import { DbFile } from "../../../src/store/DbFile.ts"
import { Settings } from "../../../src/process/Settings.ts"
import { layer, repository, run } from "../../support/Process.ts"
import { settle } from "../../support/settle.ts"

const visit = `const Database = require("better-sqlite3")
const db = new Database(process.argv[1])
db.prepare("SELECT count(*) FROM rooms").get()
db.close()`

describe("the locks of the open database", () => {
  it.scopedLive("stay, however often its files are looked at: another process that comes and goes leaves its log", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const DATA_DIR = yield* fs.makeTempDirectoryScoped()
      const file = `${DATA_DIR}/parley.db`
      const opened = Layer.provide(Db.layer, Layer.orDie(Settings.layerFrom({ DATA_DIR })))

      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { glance } = yield* DbFile
        yield* sql`CREATE TABLE plums (id INTEGER)`
        // The first look is taken as soon as the file is open.
        yield* settle
        const visitor = yield* run({
          command: process.execPath,
          args: ["-e", visit, file],
          cwd: repository,
          env: {}
        })
        yield* visitor.gone
        strictEqual(visitor.text.stderr, "")

        assertTrue(yield* fs.exists(`${file}-wal`))
        strictEqual(glance()._tag, "None")
      }).pipe(Effect.provide(opened))
    }).pipe(Effect.provide(layer))
  )
})
