import { FileSystem, Path } from "@effect/platform"
import Database from "better-sqlite3"
import { Clock, Data, DateTime, Effect, Schema } from "effect"
import { copy, type Progress } from "./DbCopy.ts"
import { newestSchema } from "./Db.ts"
import { Settings } from "../process/Settings.ts"

/** The backup cannot be used; nothing was changed. `reason` continues a sentence that begins with its name. */
export class BackupUnusable extends Data.TaggedError("BackupUnusable")<{
  readonly file: string
  readonly reason: string
}> {
  override get message() {
    return `${this.file} ${this.reason}`
  }
}

const Content = Schema.Array(
  Schema.Struct({
    path: Schema.String.pipe(Schema.pattern(/^\d+\/[^/\\\0]+\.md$/)),
    content: Schema.Uint8ArrayFromSelf
  })
)

const opened = (file: string, options: Database.Options = {}) =>
  Effect.acquireRelease(
    Effect.try(() => new Database(file, { ...options, fileMustExist: true })),
    (database) => Effect.sync(() => database.close())
  )

const hasTable = (database: Database.Database, name: string) =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(name) !== undefined

/** Whether the file is Parley's, and of a version that this one knows. */
const inspect = (file: string) =>
  Effect.gen(function* () {
    const database = yield* opened(file, { readonly: true })
    const version = yield* Effect.try(() =>
      hasTable(database, "effect_sql_migrations")
        ? Number(database.prepare("SELECT max(migration_id) FROM effect_sql_migrations").pluck().get())
        : 0
    )
    if (version === 0) return yield* new BackupUnusable({ file, reason: "is no database of Parley's" })
    if (version > newestSchema) {
      const reason = `has schema ${version}, and this Parley knows ${newestSchema}: use the newer version`
      return yield* new BackupUnusable({ file, reason })
    }
  }).pipe(
    Effect.scoped,
    Effect.catchTag("UnknownException", ({ error }) => new BackupUnusable({ file, reason: `cannot be read: ${error}` }))
  )

/** What the file holds beside the database comes out of it; sessions may know what it does not, and are given up. */
const unpack = (file: string) =>
  Effect.gen(function* () {
    const database = yield* opened(file)
    const memories = hasTable(database, "backup_memories")
      ? yield* Schema.decodeUnknown(Content)(database.prepare("SELECT path, content FROM backup_memories").all())
      : []
    database.exec("DROP TABLE IF EXISTS backup_memories")
    if (hasTable(database, "sessions")) database.exec("DELETE FROM sessions")
    return memories
  }).pipe(Effect.scoped)

/** Logins that were ended since the backup stay ended, as far as the present database can be read. */
const keepLogouts = (file: string, present: string) =>
  Effect.gen(function* () {
    const database = yield* opened(file)
    yield* Effect.try(() => {
      database.prepare("ATTACH ? AS present").run(present)
      for (const table of ["revoked_tokens", "login_cutoffs"]) {
        database.exec(`INSERT OR REPLACE INTO main.${table} SELECT * FROM present.${table}`)
      }
      database.exec("DETACH present")
    })
  }).pipe(Effect.scoped)

/** All that was committed is in the file itself, where it can be read. */
const settle = (file: string) =>
  Effect.ignore(
    Effect.scoped(
      Effect.flatMap(opened(file), (database) =>
        Effect.try(() => {
          database.pragma("wal_checkpoint(TRUNCATE)")
          database.pragma("journal_mode = DELETE")
        })
      )
    )
  )

const sync = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.scoped(Effect.flatMap(fs.open(path, { flag: "r" }), (handle) => handle.sync))
  )

/**
 * Puts a backup in the place of the database and the memories, for a data folder that no server holds. What was there
 * is put aside whole; until the last moment nothing of it is touched. Tells where it is, and whether logouts were kept.
 */
export const restore = Effect.fn("Restore.restore")(function* (file: string, progress: (progress: Progress) => void) {
  const { DATA_DIR } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const inData = (name: string) => path.join(DATA_DIR, name)
  const [database, draft, memories, draftOfMemories] = [
    inData("parley.db"),
    inData(".restoring.db"),
    inData("memories"),
    inData(".restoring")
  ] as const
  const clear = Effect.forEach([draft, `${draft}-journal`, draftOfMemories], (name) =>
    fs.remove(name, { recursive: true, force: true })
  )

  const prepare = Effect.gen(function* () {
    yield* clear
    yield* fs.writeFile(draft, new Uint8Array(), { flag: "wx", mode: 0o600 })
    yield* copy({ source: file, target: draft, memories: null }, progress)
    const found = yield* unpack(draft)
    yield* fs.makeDirectory(draftOfMemories, { mode: 0o700 })
    yield* Effect.forEach(found, ({ content, path: name }) => {
      const place = path.join(draftOfMemories, name)
      return Effect.zipRight(
        fs.makeDirectory(path.dirname(place), { recursive: true, mode: 0o700 }),
        fs.writeFile(place, content, { mode: 0o600 })
      )
    })
  })

  const swap = Effect.gen(function* () {
    const now = DateTime.formatIso(DateTime.unsafeMake(yield* Clock.currentTimeMillis))
    // To the millisecond: who restores twice in a second has two folders.
    const aside = inData(`before-restore-${now.slice(0, 23).replaceAll(/[:.]/g, "-")}Z`)
    yield* fs.makeDirectory(aside, { mode: 0o700 })
    const isThere = yield* fs.exists(database)
    if (isThere) yield* settle(database)
    const keptLogouts = isThere && (yield* Effect.isSuccess(keepLogouts(draft, database)))
    yield* sync(draft)
    // The old file keeps its place until the new one takes it in one step; what would be read along with that goes
    // before.
    if (isThere) yield* fs.link(database, path.join(aside, "parley.db"))
    for (const name of ["parley.db-wal", "parley.db-shm"]) {
      if (yield* fs.exists(inData(name))) yield* fs.rename(inData(name), path.join(aside, name))
    }
    yield* fs.rename(draft, database)
    if (yield* fs.exists(memories)) yield* fs.rename(memories, path.join(aside, "memories"))
    yield* fs.rename(draftOfMemories, memories)
    yield* Effect.ignore(sync(DATA_DIR))
    return { aside, keptLogouts }
  })

  yield* inspect(file)
  return yield* Effect.ensuring(Effect.zipRight(prepare, Effect.uninterruptible(swap)), Effect.ignore(clear))
})
