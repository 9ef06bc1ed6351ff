import { FileSystem, Path } from "@effect/platform"
import { DateTime, Effect, Option } from "effect"
// FileSystem does not tell what is free.
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { statfs } from "node:fs/promises"
import { copy, CopyFailed, type Progress } from "./DbCopy.ts"
import { Settings } from "../process/Settings.ts"

export { CopyFailed, type Progress } from "./DbCopy.ts"

const pattern = /^parley-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z\.db$/

/** A backup of the folder, and when it was taken. */
export interface Kept {
  readonly path: string
  readonly at: number
}

/** Where backups go that nobody names a file for. */
export const folder = Effect.map(Effect.all({ settings: Settings, path: Path.Path }), ({ path, settings }) =>
  Option.getOrElse(settings.BACKUP_DIR, () => path.join(settings.DATA_DIR, "backups"))
)

/** By the time at which it is taken. */
export const nameAt = (at: number) =>
  `parley-${DateTime.formatIso(DateTime.unsafeMake(at)).slice(0, 19).replaceAll(":", "-")}Z.db`

/** The backups of the folder, the oldest first; files of other names are none. */
export const list = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const place = yield* folder
  const names = yield* Effect.orElseSucceed(fs.readDirectory(place), () => [])
  const found = names.flatMap((name): ReadonlyArray<Kept> => {
    const [, day, ...time] = pattern.exec(name) ?? []
    const at = DateTime.make(`${day}T${time.join(":")}Z`)
    return Option.isSome(at) ? [{ path: path.join(place, name), at: DateTime.toEpochMillis(at.value) }] : []
  })
  return found.toSorted((one, other) => one.at - other.at)
})

const spare = 16 * 2 ** 20

const sync = (place: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    // Not every system lets a folder be opened; there the rename alone must do.
    yield* Effect.ignore(Effect.scoped(Effect.flatMap(fs.open(place), (handle) => handle.sync)))
  })

/**
 * The whole house in one file, that its owner alone can read: the database as it is at this moment, and what the agents
 * memorized. Neither secrets nor the folder of the agents. A server may serve meanwhile; nothing is ever overwritten.
 */
export const take = Effect.fn("Backup.take")(
  function* (file: string, progress: (progress: Progress) => void = () => {}) {
    const { DATA_DIR } = yield* Settings
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const source = path.join(DATA_DIR, "parley.db")
    const draft = `${file}.part`
    const refuse = (name: string, reason: string) => new CopyFailed({ file: name, reason })
    const sizeOf = (name: string) =>
      Effect.match(fs.stat(name), { onFailure: () => 0, onSuccess: ({ size }) => Number(size) })

    if (!(yield* fs.exists(source))) return yield* refuse(source, "is not there")
    if (yield* fs.exists(file)) return yield* refuse(file, "is there already, and is not overwritten")
    yield* fs.makeDirectory(path.dirname(file), { recursive: true, mode: 0o700 })
    const needed = (yield* sizeOf(source)) + (yield* sizeOf(`${source}-wal`)) + spare
    const { bavail, bsize } = yield* Effect.promise(() => statfs(path.dirname(file)))
    const free = bavail * bsize
    const megabytes = (bytes: number) => Math.ceil(bytes / 2 ** 20)
    if (free < needed) {
      return yield* refuse(file, `needs ${megabytes(needed)} MB, and ${megabytes(free)} MB are free`)
    }
    yield* Effect.acquireUseRelease(
      Effect.zipRight(
        fs.remove(draft, { force: true }),
        fs.writeFile(draft, new Uint8Array(), { flag: "wx", mode: 0o600 })
      ),
      () =>
        copy({ source, target: draft, memories: path.join(DATA_DIR, "memories") }, progress).pipe(
          Effect.zipRight(fs.rename(draft, file)),
          Effect.zipRight(sync(path.dirname(file)))
        ),
      () => Effect.ignore(Effect.forEach([draft, `${draft}-journal`], (name) => fs.remove(name, { force: true })))
    )
    return { file, bytes: yield* sizeOf(file) }
  },
  Effect.catchTags({
    SystemError: ({ message }) => new CopyFailed({ file: "the backup", reason: `cannot be written: ${message}` }),
    BadArgument: Effect.die
  })
)
