import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient, type SqlError } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import Database from "better-sqlite3"
import { Effect, Layer, Option, type Scope } from "effect"
import * as Db from "../../src/store/Db.ts"
import { DbFile } from "../../src/store/DbFile.ts"
import { WriteQueue } from "../../src/store/WriteQueue.ts"
import { Closing } from "../../src/process/Closing.ts"
import { Settings } from "../../src/process/Settings.ts"
import { nextTurn } from "../../src/lib/turns.ts"
import { repository, run } from "../support/Process.ts"

const house = (DATA_DIR: string) =>
  WriteQueue.layer.pipe(
    Layer.provide(Closing.layer),
    Layer.provideMerge(Db.layer),
    Layer.provideMerge(Layer.orDie(Settings.layerFrom({ DATA_DIR })))
  )

const setup = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { sql, file, queue } = yield* Effect.all({ sql: SqlClient.SqlClient, file: DbFile, queue: WriteQueue })
  const path = `${(yield* Settings).DATA_DIR}/parley.db`
  const add = Effect.orDie(sql`INSERT INTO plums (stone) VALUES (randomblob(3000))`)
  const write = (count: number) => Effect.replicateEffect(queue.write(add), count, { discard: true, concurrency: 50 })
  const reason = () => Option.getOrNull(Option.map(file.glance(), (fault) => fault.reason))
  const logBytes = Effect.map(fs.stat(`${path}-wal`), ({ size }) => Number(size))
  yield* sql`CREATE TABLE plums (id INTEGER PRIMARY KEY, stone BLOB)`
  yield* write(50)
  return { fs, sql, path, add, write, reason, logBytes }
})

type House = Effect.Effect.Success<typeof setup>

/** With a house of its own. */
const inHouse = <A, E>(test: (house: House) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "parley-" })
    yield* Effect.provide(Effect.flatMap(setup, test), house(folder))
  }).pipe(Effect.provide(NodeContext.layer))

/** Somebody else's handle on the database; in a thread or process of its own it would be seen alike. */
const other = (path: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new Database(path)),
    (database) => Effect.sync(() => database.close())
  )

const overwrite = (fs: FileSystem.FileSystem, path: string, page: number, length = 4096) =>
  Effect.scoped(
    Effect.gen(function* () {
      const handle = yield* fs.open(path, { flag: "r+" })
      yield* handle.seek(BigInt(page * 4096), "start")
      yield* handle.writeAll(new Uint8Array(length).fill(65))
    })
  )

describe("what is written to the database past SQLite", () => {
  it.scopedLive("is noticed at the next look, wherever in the file it is", () =>
    inHouse(({ fs, path, reason, sql }) =>
      Effect.gen(function* () {
        yield* sql`PRAGMA wal_checkpoint(PASSIVE)`
        deepStrictEqual(reason(), null)
        yield* overwrite(fs, path, 30)
        deepStrictEqual(reason(), "replaced")
      })
    )
  )

  it.scopedLive("is noticed also by a server that found a log to recover, and took nothing from it yet", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const [left, folder] = [yield* fs.makeTempDirectoryScoped(), yield* fs.makeTempDirectoryScoped()]
      const leave = Effect.flatMap(setup, ({ path }) =>
        Effect.forEach(["", "-wal"], (end) => fs.copyFile(`${path}${end}`, `${folder}/parley.db${end}`))
      )
      yield* Effect.provide(leave, house(left))

      yield* Effect.gen(function* () {
        const { glance } = yield* DbFile
        deepStrictEqual(glance()._tag, "None")
        yield* overwrite(fs, `${folder}/parley.db`, 30)
        deepStrictEqual(glance()._tag, "Some")
      }).pipe(Effect.provide(house(folder)))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("lets no write begin any more", () =>
    inHouse(({ fs, path, sql, write }) =>
      Effect.gen(function* () {
        const count = Effect.map(sql<{ readonly n: number }>`SELECT count(*) AS n FROM plums`, ([row]) => row?.n)
        yield* overwrite(fs, path, 30)
        deepStrictEqual((yield* Effect.flip(write(1)))._tag, "StorageUnavailable")
        deepStrictEqual(yield* count, 50)
      })
    )
  )
})

describe("a log that lost what was in it", () => {
  const cuts = { emptied: 0, "cut behind its header": 32 }

  for (const [how, length] of Object.entries(cuts)) {
    it.scopedLive(`is noticed before the next write begins when it was ${how}`, () =>
      inHouse(({ fs, path, reason }) =>
        Effect.gen(function* () {
          deepStrictEqual(reason(), null)
          yield* fs.truncate(`${path}-wal`, length)
          deepStrictEqual(reason(), "damaged")
        })
      )
    )

    it.scopedLive(`is noticed before a write is acknowledged when it was ${how} in the middle of it`, () =>
      inHouse(({ add, fs, logBytes, path, reason, sql }) =>
        Effect.gen(function* () {
          const before = yield* logBytes
          deepStrictEqual(reason(), null)
          yield* sql.withTransaction(Effect.zipRight(add, fs.truncate(`${path}-wal`, length)))
          assertTrue((yield* logBytes) > before, "SQLite wrote past the hole")
          deepStrictEqual(reason(), "damaged")
        })
      )
    )
  }
})

describe("a log that is damaged where nobody reads soon", () => {
  it.scopedLive("is noticed when its header is overwritten", () =>
    inHouse(({ fs, path, reason }) =>
      Effect.gen(function* () {
        yield* overwrite(fs, `${path}-wal`, 0, 32)
        deepStrictEqual(reason(), "damaged")
      })
    )
  )

  it.scopedLive("is noticed when a part of its newest page is cut off", () =>
    inHouse(({ fs, logBytes, path, reason }) =>
      Effect.gen(function* () {
        yield* fs.truncate(`${path}-wal`, (yield* logBytes) - 100)
        deepStrictEqual(reason(), "damaged")
      })
    )
  )
})

describe("what is done to the database through SQLite is no harm:", () => {
  const visits: Readonly<Record<string, (house: House) => Effect.Effect<unknown, SqlError.SqlError>>> = {
    "a checkpoint by another": ({ path }) =>
      Effect.scoped(Effect.map(other(path), (database) => database.pragma("wal_checkpoint(PASSIVE)"))),
    "a checkpoint by another that empties the log": ({ path }) =>
      Effect.scoped(Effect.map(other(path), (database) => database.pragma("wal_checkpoint(TRUNCATE)"))),
    "a checkpoint by another that begins the log anew, and a write": ({ path }) =>
      Effect.scoped(
        Effect.map(other(path), (database) => {
          database.pragma("wal_checkpoint(RESTART)")
          database.exec("INSERT INTO plums (stone) VALUES ('x')")
        })
      ),
    "a copy by VACUUM INTO": ({ path, sql }) => sql`VACUUM INTO ${`${path}.copy`}`,
    "a VACUUM": ({ path }) => Effect.scoped(Effect.map(other(path), (database) => database.exec("VACUUM"))),
    "a reader that comes and goes": ({ path }) =>
      Effect.scoped(Effect.map(other(path), (database) => database.prepare("SELECT count(*) FROM plums").get()))
  }

  for (const [what, visit] of Object.entries(visits)) {
    it.scopedLive(what, () =>
      inHouse((house) =>
        Effect.gen(function* () {
          deepStrictEqual(house.reason(), null)
          yield* visit(house)
          deepStrictEqual(house.reason(), null)
          yield* house.write(1)
          deepStrictEqual(house.reason(), null)
        })
      )
    )
  }
})

const busy = `const Database = require("better-sqlite3")
const db = new Database(process.argv[1])
const insert = db.prepare("INSERT INTO plums (stone) VALUES (randomblob(9000))")
const end = Date.now() + 2000
for (let n = 0; Date.now() < end; n++) {
  try {
    insert.run()
    if (n % 7 === 0) db.pragma(["wal_checkpoint(PASSIVE)", "wal_checkpoint(RESTART)", "wal_checkpoint(TRUNCATE)"][n % 3])
  } catch (error) {
    if (error.code !== "SQLITE_BUSY") throw error
  }
}
console.log("done")`

describe("another process that writes and takes over the log without a pause", () => {
  it.scopedLive("is no harm, whenever in its work the files are looked at", () =>
    inHouse(({ path, reason }) =>
      Effect.gen(function* () {
        const visitor = yield* run({ command: process.execPath, args: ["-e", busy, path], cwd: repository, env: {} })
        let looks = 0
        yield* Effect.sync(() => {
          const until = performance.now() + 1
          for (; performance.now() < until; looks++) if (reason() !== null) return false
          return true
        }).pipe(Effect.zipLeft(nextTurn), Effect.repeat({ while: (isWell) => isWell }), Effect.raceFirst(visitor.gone))
        deepStrictEqual([reason(), visitor.text.stderr, visitor.text.stdout], [null, "", "done\n"])
        assertTrue(looks > 1000, `${looks} looks`)
      })
    )
  )
})

describe("the log", () => {
  it.scopedLive("is taken over into the file as it grows, so that it begins anew", () =>
    inHouse(({ logBytes, reason, write }) =>
      Effect.gen(function* () {
        yield* write(3000)
        assertTrue((yield* logBytes) < 1200 * 4120, `${yield* logBytes} bytes`)
        deepStrictEqual(reason(), null)
      })
    )
  )

  it.scopedLive("only grows while somebody reads what it was, and begins anew when that is over", () =>
    inHouse(({ logBytes, path, reason, write }) =>
      Effect.gen(function* () {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const reader = yield* other(path)
            reader.exec("BEGIN")
            reader.prepare("SELECT count(*) FROM plums").get()
            yield* write(1500)
          })
        )
        assertTrue((yield* logBytes) > 1500 * 4120, `${yield* logBytes} bytes`)
        yield* write(1100)
        const grown = yield* logBytes
        yield* write(1500)
        deepStrictEqual([yield* logBytes, reason()], [grown, null])
      })
    )
  )
})
