import { FileSystem, Path } from "@effect/platform"
import Database from "better-sqlite3"
import { Data, Effect, Option, Schedule, Schema } from "effect"
import { faultOf, isLocked, type StorageFault } from "../domain/Storage.ts"

/** The database cannot be opened as it is; nothing in it was touched. */
export class DatabaseUnusable extends Data.TaggedError("DatabaseUnusable")<{
  readonly file: string
  readonly reason: string
}> {
  override get message() {
    return `${this.file} cannot be used: ${this.reason}`
  }
}

const restore = "restore it from a backup with `parley restore`"

const reasons = {
  locked: "another process holds it locked: end that one first",
  failing: "the disk cannot be read or written",
  read_only: "it cannot be written: a file of it or its file system is read-only, or belongs to another user",
  damaged: `it is damaged: ${restore}`,
  missing: `it is gone: ${restore}`,
  replaced: "another program replaced or changed it while it was opened: start again"
}

/** The same in words for who starts a server. */
export const unusable = (file: string, fault: StorageFault) =>
  new DatabaseUnusable({ file, reason: fault._tag === "StorageFull" ? "the disk is full" : reasons[fault.reason] })

const magic = "SQLite format 3\0"
const headerBytes = 100
/** A larger file is not read through at every start: `parley doctor` does so. */
const checkedBytes = 64 * 2 ** 20
/** How long another process may hold the file before a start gives up. */
const patience = Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(100))

/** Tried again for ten seconds while another process has the lock; beside the event loop. */
export const unlessLocked = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.retry(effect, { schedule: patience, while: (error) => Option.exists(faultOf(error), isLocked) })

const Checked = Schema.Tuple(Schema.Struct({ quick_check: Schema.String }))

const check = (file: string) =>
  Effect.acquireUseRelease(
    Effect.try(() => new Database(file, { readonly: true, fileMustExist: true, timeout: 0 })),
    (database) => Effect.try(() => database.pragma("quick_check(1)")),
    (database) => Effect.sync(() => database.close())
  ).pipe(
    unlessLocked,
    Effect.flatMap(Schema.decodeUnknown(Checked)),
    Effect.map(([{ quick_check }]) => quick_check === "ok")
  )

/** What lies in a data folder only after a database has been there, by name; that one may be gone. */
export const remains = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const [folder, base] = [paths.dirname(file), paths.basename(file)]
  const namesIn = (path: string) => Effect.orElseSucceed(fs.readDirectory(path), (): Array<string> => [])
  const hasLog = yield* Effect.match(fs.stat(`${file}-wal`), {
    onFailure: () => false,
    onSuccess: ({ size }) => size > 0
  })
  const hasBackups = (yield* namesIn(paths.join(folder, "backups"))).length > 0
  const isLeft = (name: string) =>
    name === "secrets.json" ||
    name.startsWith(`${base}.before-`) ||
    (name === `${base}-wal` && hasLog) ||
    (name === "backups" && hasBackups)
  return (yield* namesIn(folder)).filter(isLeft).toSorted()
})

/** Both ways on for who has lost a database. */
export const lost = (how: string, remains: ReadonlyArray<string>) =>
  `it is ${how}: ${restore}; to begin anew, put aside what is left of it: ${remains.join(", ")}`

/**
 * Looks at a database before SQLite does, which would make a new one where the old one is gone, and call a full disk, a
 * missing right or a foreign file by one name.
 */
export const inspect = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const refuse = (reason: string) => new DatabaseUnusable({ file, reason })
  const left = yield* remains(file)

  const stat = yield* Effect.option(fs.stat(file))
  if (Option.isNone(stat)) return left.length > 0 ? yield* refuse(lost("gone", left)) : undefined
  const size = Number(stat.value.size)
  if (stat.value.type !== "File") return yield* refuse("it is not a file")
  if (size === 0) return left.length > 0 ? yield* refuse(lost("empty", left)) : undefined
  for (const name of [file, `${file}-wal`, `${file}-shm`]) {
    if (!(yield* Effect.orElseSucceed(fs.exists(name), () => false))) continue
    yield* Effect.mapError(fs.access(name, { readable: true, writable: true }), () => refuse(reasons.read_only))
  }

  const header = yield* Effect.scoped(Effect.flatMap(fs.open(file), (handle) => handle.readAlloc(headerBytes))).pipe(
    Effect.mapError(() => refuse(reasons.failing))
  )
  const bytes = Option.getOrElse(header, () => new Uint8Array())
  if (new TextDecoder().decode(bytes.subarray(0, magic.length)) !== magic) {
    return yield* refuse(`it is not a database, or its beginning is damaged: ${restore}`)
  }
  const isWhole =
    size > checkedBytes ||
    (yield* Effect.catchAll(check(file), (error) =>
      Option.match(faultOf(error), { onNone: () => refuse(reasons.failing), onSome: (fault) => unusable(file, fault) })
    ))
  if (!isWhole) return yield* refuse(reasons.damaged)
})
