import type Sqlite from "better-sqlite3"
import { Data, Effect } from "effect"
// Neither has a service: a thread, and where the database's own code lies.
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type * as Fs from "node:fs"
import { createRequire } from "node:module"
import { Worker } from "node:worker_threads"

export interface Job {
  readonly source: string
  /** An empty file, or none. */
  readonly target: string
  /** A folder of folders of files that go into the copy too. */
  readonly memories: string | null
}

/** Told in pages of the database. */
export interface Progress {
  readonly done: number
  readonly total: number
}

/** `reason` continues a sentence that begins with the file's name. */
export class CopyFailed extends Data.TaggedError("CopyFailed")<{ readonly file: string; readonly reason: string }> {
  override get message() {
    return `${this.file} ${this.reason}`
  }
}

type Told =
  | ({ readonly type: "progress" } & Progress)
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly reason: string }

// It reaches the thread as text, and so uses nothing but what it is given.
const work = async (Database: typeof Sqlite, fs: typeof Fs, job: Job, tell: (told: Told) => void) => {
  const damage = (file: Sqlite.Database) => {
    const [first] = file.prepare<[], { readonly quick_check: string }>("PRAGMA quick_check(1)").all()
    return first?.quick_check === "ok" ? null : (first?.quick_check ?? "it cannot be read")
  }
  const remember = (file: Sqlite.Database, folder: string) => {
    file.exec("CREATE TABLE backup_memories (path TEXT PRIMARY KEY, content BLOB NOT NULL)")
    const insert = file.prepare("INSERT INTO backup_memories (path, content) VALUES (?, ?)")
    const paths = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true, encoding: "utf8" }) : []
    file.transaction(() => {
      for (const path of paths) {
        if (/^\d+[/\\][^/\\]+\.md$/.test(path)) {
          insert.run(path.replace("\\", "/"), fs.readFileSync(`${folder}/${path}`))
        }
      }
    })()
  }
  try {
    const source = new Database(job.source, { readonly: true, fileMustExist: true, timeout: 5000 })
    // One moment of it for all the time: else every commit of another process would let the copy begin anew.
    source.exec("BEGIN")
    source.prepare("SELECT count(*) FROM sqlite_schema").get()
    await source.backup(job.target, {
      progress: ({ remainingPages, totalPages }) => {
        tell({ type: "progress", done: totalPages - remainingPages, total: totalPages })
        return 1024
      }
    })
    const pages = source.pragma("page_count", { simple: true })
    source.close()
    // What copies tells nothing of its last step.
    if (typeof pages === "number") tell({ type: "progress", done: pages, total: pages })
    const target = new Database(job.target)
    target.pragma("journal_mode = DELETE")
    const found = damage(target)
    if (found === null && job.memories !== null) remember(target, job.memories)
    target.close()
    const handle = fs.openSync(job.target, "r+")
    fs.fsyncSync(handle)
    fs.closeSync(handle)
    tell(found === null ? { type: "done" } : { type: "failed", reason: `is damaged (${found})` })
  } catch (error) {
    tell({ type: "failed", reason: `cannot be copied: ${String(error)}` })
  }
}

const code = `const { parentPort, workerData } = require("node:worker_threads");
(${String(work)})(require(workerData.sqlite), require("node:fs"), workerData, (told) => parentPort.postMessage(told))`

/**
 * Copies a database as it is at one moment into one new file, looks whether the copy is whole, and returns when it is
 * on disk. In a thread of its own: neither who serves nor who writes waits for it, in this process or another.
 */
export const copy = (job: Job, progress: (progress: Progress) => void = () => {}) =>
  Effect.async<void, CopyFailed>((resume) => {
    const sqlite = createRequire(import.meta.url).resolve("better-sqlite3")
    const thread = new Worker(code, { eval: true, workerData: { ...job, sqlite } })
    const failed = (reason: string) => resume(new CopyFailed({ file: job.source, reason }))
    thread.on("message", (told: Told) => {
      if (told.type === "progress") progress(told)
      else if (told.type === "done") resume(Effect.void)
      else failed(told.reason)
    })
    thread.once("error", (error) => failed(`cannot be copied: ${error.message}`))
    thread.once("exit", () => failed("cannot be copied: its thread has ended"))
    return Effect.promise(() => thread.terminate())
  })
