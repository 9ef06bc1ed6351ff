import { Context, Effect, Layer, Option, Schedule } from "effect"
// What is asked after every commit is asked without a turn of the event loop.
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { closeSync, openSync, readSync, statSync } from "node:fs"
import { faultOf, StorageUnavailable } from "../domain/Storage.ts"

/**
 * Whether the database is still the file that was opened. SQLite goes on writing to a file that was deleted, replaced,
 * emptied or cut, and reports success; once this has a fault, nothing may be acknowledged any more until a new start.
 */
export class DbFile extends Context.Tag("parley/store/DbFile")<
  DbFile,
  {
    readonly fault: () => Option.Option<StorageUnavailable>
    /** Looks at the names of the files, and gives the fault if there is one: before a commit is told. */
    readonly glance: () => Option.Option<StorageUnavailable>
    /** What SQLite says of the file itself is believed. */
    readonly heard: (error: unknown) => void
  }
>() {
  /** Of a database in memory. */
  static readonly layerMemory = Layer.succeed(this, {
    fault: () => Option.none(),
    glance: () => Option.none(),
    heard: () => {}
  })

  /** Looks every few seconds, from when the file is open. */
  static readonly layerOf = (file: string) => Layer.scoped(this, make(file))
}

/**
 * Files beside SQLite's own handles, open until SQLite has closed its own: when a process closes any handle of a file,
 * POSIX takes away all its locks on it, and another process would take the database for one that nobody uses.
 */
export class Handles extends Context.Tag("parley/store/DbFile/Handles")<
  Handles,
  { readonly open: (path: string) => number }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.acquireRelease(
      Effect.sync(() => new Map<string, number>()),
      (handles) => Effect.sync(() => handles.forEach((handle) => closeSync(handle)))
    ).pipe(
      Effect.map((handles) =>
        this.of({
          open: (path) => {
            const handle = handles.get(path) ?? openSync(path, "r")
            handles.set(path, handle)
            return handle
          }
        })
      )
    )
  )
}

type Fault = "missing" | "replaced" | "damaged"

const period = "4 seconds"
const magic = Buffer.from("SQLite format 3\0")

const idOf = (path: string) => {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`
}

const beginOf = (handle: number, length: number) => {
  const bytes = Buffer.alloc(length)
  readSync(handle, bytes, 0, length, 0)
  return bytes
}

/** Where SQLite keeps the size of a page and the number of pages in a database. */
const sizeByHeader = (header: Buffer) => {
  const page = header.readUInt16BE(16)
  return (page === 1 ? 65_536 : page) * header.readUInt32BE(28)
}

/** How long the log must be for what its index has of it. */
const logByIndex = (index: Buffer) => {
  const page = index.readUInt16LE(14)
  const frames = index.readUInt32LE(16)
  return frames === 0 ? 0 : 32 + frames * (24 + (page === 1 ? 65_536 : page))
}

const make = (file: string) =>
  Effect.gen(function* () {
    const { open } = yield* Handles
    const paths = [file, `${file}-wal`, `${file}-shm`]
    const opened = paths.flatMap((path) => {
      const id = idOf(path)
      return id === undefined ? [] : [{ path, id }]
    })
    const hasLog = opened.length === paths.length
    let longest = statSync(file).size
    let fault = Option.none<StorageUnavailable>()

    const found = (reason: Fault) => {
      fault = Option.orElse(fault, () => Option.some(StorageUnavailable.of(reason)))
      return fault
    }

    const glance = () => {
      if (Option.isSome(fault)) return fault
      for (const { id, path } of opened) {
        const now = idOf(path)
        if (now !== id) return found(now === undefined ? "missing" : "replaced")
      }
      return fault
    }

    /** A file only ever grows, unless another process has tidied it, and then says so itself. */
    const isCut = () => {
      const { size } = statSync(file)
      const header = beginOf(open(file), 100)
      const isShorter = size < longest && size < sizeByHeader(header)
      if (!header.subarray(0, magic.length).equals(magic) || isShorter) return true
      longest = size
      return hasLog && statSync(`${file}-wal`).size < logByIndex(beginOf(open(`${file}-shm`), 48))
    }

    const look = Effect.gen(function* () {
      if (Option.isSome(glance()) || !isCut()) return
      // Another process may have been in the middle of it.
      yield* Effect.sleep("200 millis")
      if (Option.isNone(glance()) && isCut()) found("damaged")
    }).pipe(
      // What cannot be looked at now is looked at the next time.
      Effect.catchAllDefect((error) => Effect.logDebug("the database file cannot be looked at", error))
    )

    const watched = Effect.tap(look, () =>
      Option.match(fault, { onNone: () => Effect.void, onSome: ({ detail }) => Effect.logFatal(`${file}: ${detail}`) })
    )
    yield* watched.pipe(
      Effect.repeat({ schedule: Schedule.spaced(period), while: () => Option.isNone(fault) }),
      Effect.withTracerEnabled(false),
      Effect.forkScoped
    )

    return DbFile.of({
      fault: () => fault,
      glance,
      heard: (error) => {
        if (Option.exists(faultOf(error), (it) => it._tag === "StorageUnavailable" && it.reason === "damaged")) {
          found("damaged")
        }
      }
    })
  })
