import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertMatch, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import Database from "better-sqlite3"
import { Context, DateTime, Effect, Layer } from "effect"
import { Backups } from "../../src/store/Backups.ts"
import { nextTurn } from "../../src/lib/turns.ts"
import type { BackupState } from "../../src/domain/Status.ts"
import { Settings } from "../../src/process/Settings.ts"
import * as SteppedClock from "../support/SteppedClock.ts"

const hour = 3_600_000

const setup = (more: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const database = `${folder}/parley.db`
    yield* Effect.sync(() =>
      new Database(database).exec("CREATE TABLE words (word); INSERT INTO words VALUES (zeroblob(100000))").close()
    )
    const time = SteppedClock.make()
    const settings = Settings.layerFrom({ DATA_DIR: folder, BACKUP_KEEP: "2", BACKUP_EVERY_HOURS: "1", ...more })
    const start = Effect.map(
      Layer.build(Layer.provide(Backups.layer, settings)).pipe(Effect.withClock(time.clock)),
      (context) => Context.get(context, Backups).state
    )
    const files = Effect.map(
      Effect.orElseSucceed(fs.readDirectory(`${folder}/backups`), () => []),
      (names) => names.toSorted()
    )
    /** A minute goes by with each turn of the event loop; files and the thread of a backup have a time of their own. */
    const until = Effect.fnUntraced(function* (
      state: Effect.Effect<BackupState>,
      fits: (state: BackupState) => boolean
    ) {
      while (true) {
        yield* nextTurn
        yield* time.advance(60_000)
        const found = yield* state
        if (fits(found)) return found
      }
    })
    return { database, files, fs, start, until }
  })

const timeOf = (name = "") => Date.parse(name.replace(/^parley-(.*)T(\d\d)-(\d\d)-(\d\d)Z\.db$/, "$1T$2:$3:$4Z"))

describe("Backups", () => {
  it.scopedLive("are taken every so many hours, and the oldest goes when a new one is whole", () =>
    Effect.gen(function* () {
      const { files, start, until } = yield* setup()
      const state = yield* start
      const times = new Set<string>()
      yield* until(state, ({ newest_at }) => newest_at !== null && times.add(newest_at).size === 4)
      const { failure } = yield* until(state, ({ count }) => count === 2)

      const [older, newer, ...others] = yield* files
      deepStrictEqual(
        [others, failure, times.has(DateTime.formatIso(DateTime.unsafeMake(timeOf(newer))))],
        [[], null, true]
      )
      assertTrue(timeOf(newer) - timeOf(older) >= hour)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("of a damaged database are none, and take no other's place", () =>
    Effect.gen(function* () {
      const { database, files, fs, start, until } = yield* setup({ BACKUP_KEEP: "1" })
      const state = yield* start
      yield* until(state, ({ count }) => count === 1)
      const bytes = yield* fs.readFile(database)
      yield* fs.writeFile(
        database,
        bytes.map((byte, place) => (place > 4096 ? place % 251 : byte))
      )

      const { failure, newest_at } = yield* until(state, ({ failure }) => failure !== null)
      const kept = yield* files
      yield* fs.writeFile(database, bytes)
      const mended = yield* until(state, (found) => found.count === 1 && found.newest_at !== newest_at)

      assertMatch(failure ?? "", /damaged|malformed/)
      deepStrictEqual([kept.length, kept[0] === (yield* files)[0], mended.count], [1, false, 1])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("are not taken where they are switched off", () =>
    Effect.gen(function* () {
      const { files, start, until } = yield* setup({ BACKUP_EVERY_HOURS: "0" })
      const state = yield* start
      let minutes = 0
      yield* until(state, () => ++minutes === 3000)

      deepStrictEqual(yield* files, [])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
