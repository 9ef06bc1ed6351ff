import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import Database from "better-sqlite3"
import { type Cause, Data, Effect, Layer, Option } from "effect"
import { faultOf, isLocked } from "../domain/Storage.ts"
import { Settings } from "./Settings.ts"

/** The file in the data folder that the settings of an imported server are written to. */
export const importedEnv = "imported.env"

export class DataDirUnusable extends Data.TaggedError("DataDirUnusable")<{
  readonly folder: string
  readonly reason: string
}> {
  override get message() {
    return `DATA_DIR=${this.folder} cannot be used: ${this.reason}`
  }
}

/** What one process remembers of the database would be wrong as soon as another writes to it. */
export class DataDirInUse extends Data.TaggedError("DataDirInUse")<{ readonly folder: string }> {
  override get message() {
    return `DATA_DIR=${this.folder} is in use by another Parley: end that one first`
  }
}

// The system ends such a lock together with its process, however that dies. Of a file that may only be read SQLite
// gives no lock, and does not say so.
const lock = (file: string) =>
  Effect.acquireRelease(
    Effect.try(() => new Database(file, { timeout: 0 })),
    (database) => Effect.sync(() => database.close())
  ).pipe(
    Effect.tap(Effect.flatMap(FileSystem.FileSystem, (fs) => fs.access(file, { writable: true }))),
    Effect.tap((database) => Effect.try(() => database.exec("BEGIN EXCLUSIVE")))
  )

const because = {
  failing: "its disk cannot be read or written",
  read_only: "it, or the file lock in it, is on a read-only file system, or belongs to another user",
  replaced: "it was changed meanwhile: start again",
  missing: "it was changed meanwhile: start again"
}

const unlocked = (folder: string, file: string, error: Cause.UnknownException | PlatformError) =>
  Option.match(faultOf(error), {
    onNone: () => new DataDirUnusable({ folder, reason: error.message }),
    onSome: (fault) => {
      if (fault._tag === "StorageFull") return new DataDirUnusable({ folder, reason: "the disk is full" })
      if (fault.reason === "locked") return new DataDirInUse({ folder })
      if (fault.reason === "damaged") {
        return new DataDirUnusable({ folder, reason: `${file} is not what Parley keeps there: delete it` })
      }
      return new DataDirUnusable({ folder, reason: because[fault.reason] })
    }
  })

const lockOf = Effect.gen(function* () {
  const { DATA_DIR } = yield* Settings
  return (yield* Path.Path).join(DATA_DIR, "lock")
})

/** True while another process has the data folder. */
export const isHeld = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const file = yield* lockOf
  if (!(yield* fs.exists(file))) return false
  return yield* Effect.match(Effect.scoped(lock(file)), {
    onFailure: (error) => Option.exists(faultOf(error), isLocked),
    onSuccess: () => false
  })
})

/**
 * The data folder is there, can be written, and belongs to this process until the scope closes. Looked at first, for
 * SQLite only says that it cannot open its file.
 */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { DATA_DIR } = yield* Settings
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(DATA_DIR, { recursive: true, mode: 0o700 }).pipe(
      Effect.zipRight(fs.access(DATA_DIR, { readable: true, writable: true })),
      Effect.mapError(({ message }) => new DataDirUnusable({ folder: DATA_DIR, reason: message }))
    )
    const file = yield* lockOf
    yield* Effect.mapError(lock(file), (error) => unlocked(DATA_DIR, file, error))
  })
)
