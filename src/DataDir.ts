import { FileSystem } from "@effect/platform"
import { Data, Effect, Layer } from "effect"
import { Settings } from "./Settings.ts"

export class DataDirUnusable extends Data.TaggedError("DataDirUnusable")<{
  readonly folder: string
  readonly reason: string
}> {
  override get message() {
    return `DATA_DIR=${this.folder} cannot be used: ${this.reason}`
  }
}

/** The data folder is there and can be written. Looked at first, for SQLite only says that it cannot open its file. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const { DATA_DIR } = yield* Settings
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(DATA_DIR, { recursive: true, mode: 0o700 }).pipe(
      Effect.zipRight(fs.access(DATA_DIR, { readable: true, writable: true })),
      Effect.mapError(({ message }) => new DataDirUnusable({ folder: DATA_DIR, reason: message }))
    )
  })
)
