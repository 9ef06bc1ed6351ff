import { Context, Effect, Layer, Option, Schedule } from "effect"
// What is asked after every commit is asked without a turn of the event loop.
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { closeSync, openSync, readSync, statSync } from "node:fs"
import { faultOf, StorageUnavailable } from "../domain/Storage.ts"
import * as Log from "./DbFile/Log.ts"

/**
 * Whether the database is still the file that was opened. SQLite goes on writing to a file that was deleted, replaced,
 * emptied or cut, and reports success; once this has a fault, nothing may be acknowledged any more until a new start.
 */
export class DbFile extends Context.Tag("parley/store/DbFile")<
  DbFile,
  {
    readonly fault: () => Option.Option<StorageUnavailable>
    /** Looks at the files, and gives the fault if there is one: before a transaction begins and before it is told. */
    readonly glance: () => Option.Option<StorageUnavailable>
    /** How many pages stood in the log at the last look. */
    readonly logged: () => number
    /** What SQLite says of the file itself is believed. */
    readonly heard: (error: unknown) => void
  }
>() {
  /** Of a database in memory. */
  static readonly layerMemory = Layer.succeed(this, {
    fault: () => Option.none(),
    glance: () => Option.none(),
    logged: () => 0,
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

const statOf = (path: string) => statSync(path, { bigint: true, throwIfNoEntry: false })

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

const make = (file: string) =>
  Effect.gen(function* () {
    const { open } = yield* Handles
    const opened = [file, `${file}-wal`, `${file}-shm`].flatMap((path) => {
      const stat = statOf(path)
      return stat === undefined ? [] : [{ path, stat }]
    })
    const [, wal, shm] = opened
    const log = wal && shm && Log.make(open(wal.path), open(shm.path))
    let longest = statSync(file).size
    let written = opened[0]?.stat.mtimeNs
    let fault = Option.none<StorageUnavailable>()

    const found = (reason: Fault) => {
      fault = Option.orElse(fault, () => Option.some(StorageUnavailable.of(reason)))
      return fault
    }

    /** A file only ever grows, unless another process has tidied it, and then says so itself. */
    const isCut = () => {
      const { size } = statSync(file)
      const header = beginOf(open(file), 100)
      const isShorter = size < longest && size < sizeByHeader(header)
      if (!header.subarray(0, magic.length).equals(magic) || isShorter) return true
      longest = size
      return false
    }

    const glance = () => {
      if (Option.isSome(fault)) return fault
      log?.look()
      const now = []
      for (const { path, stat } of opened) {
        const it = statOf(path)
        if (it?.ino !== stat.ino || it.dev !== stat.dev) return found(it === undefined ? "missing" : "replaced")
        now.push(it)
      }
      const [main, logNow] = now
      if (log === undefined || main === undefined || logNow === undefined) return fault
      if (!log.isWhole(Number(logNow.size))) return found("damaged")
      const isTakenOver = log.isTakenOver()
      if (main.mtimeNs === written) return fault
      if (!isTakenOver) {
        // It may have begun since the index was read.
        log.look()
        if (!log.isTakenOver()) return found(isCut() ? "damaged" : "replaced")
      }
      written = main.mtimeNs
      return fault
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
      logged: () => log?.frames() ?? 0,
      heard: (error) => {
        if (Option.exists(faultOf(error), (it) => it._tag === "StorageUnavailable" && it.reason === "damaged")) {
          found("damaged")
        }
      }
    })
  })
