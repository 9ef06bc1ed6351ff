import { FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import Database from "better-sqlite3"
import { Deferred, Effect, Layer, Schema } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { spawn } from "node:child_process"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"

export const repository = fileURLToPath(new URL("../..", import.meta.url))
/** For a test that starts processes: most of it is waiting for a processor, when all of them start at once. */
export const patience = 60_000

export const layer = Layer.mergeAll(NodeContext.layer, NodeHttpClient.layer)

type Settings = Readonly<Record<string, string>>

export interface Ended {
  readonly code: number | null
  readonly signal: string | null
}

/** A program of its own. Nothing of the environment but what is given reaches it; it ends with the scope. */
export const run = Effect.fn(function* (options: {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  readonly env: Settings
  /** All that it can read. */
  readonly input?: string
}) {
  const ended = yield* Deferred.make<Ended>()
  const gone = yield* Deferred.make<void>()
  const text = { stdout: "", stderr: "", isWhole: false }
  const waiting = new Set<() => void>()
  const child = yield* Effect.acquireRelease(
    // In a group of its own, so that whatever it starts can be counted and ended with it.
    Effect.sync(() => spawn(options.command, options.args, { cwd: options.cwd, env: options.env, detached: true })),
    ({ pid }) => Effect.sync(() => void signalGroup(pid, "SIGKILL"))
  )
  child.stdin.end(options.input ?? "")
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk
      for (const look of waiting) look()
    })
  }
  child.on("exit", (code, signal) => Deferred.unsafeDone(ended, Effect.succeed({ code, signal })))
  // The output ends when the last process that may write to it has ended.
  child.on("close", () => {
    text.isWhole = true
    Deferred.unsafeDone(gone, Effect.void)
    for (const look of waiting) look()
  })
  const pid = yield* Effect.fromNullable(child.pid)

  /** The first place of what it writes that matches; a defect when the program ends without one. */
  const sees = (pattern: RegExp, where: "stdout" | "stderr" = "stdout") =>
    Effect.async<RegExpExecArray>((resume) => {
      const look = () => {
        const found = pattern.exec(text[where])
        if (found !== null) resume(Effect.succeed(found))
        else if (text.isWhole) resume(Effect.dieMessage(`no ${pattern}:\n${text.stdout}${text.stderr}`))
      }
      waiting.add(look)
      look()
      return Effect.sync(() => waiting.delete(look))
    })

  return {
    pid,
    text,
    sees,
    ended: Deferred.await(ended),
    /** When the program has ended, and with it all that it started. */
    gone: Deferred.await(gone),
    signal: (name: NodeJS.Signals) => Effect.sync(() => child.kill(name)),
    signalGroup: (name: NodeJS.Signals) => Effect.sync(() => signalGroup(pid, name)),
    /** True while the program, or one that it started, is running. */
    isAlive: Effect.sync(() => signalGroup(pid, 0))
  }
})

const signalGroup = (pid: number | undefined, signal: NodeJS.Signals | 0) => {
  try {
    return pid !== undefined && process.kill(-pid, signal)
  } catch {
    return false
  }
}

const finished = Effect.fn(function* (args: ReadonlyArray<string>, cwd: string, env: Settings, input = "") {
  const { ended, gone, text } = yield* run({ command: process.execPath, args, cwd, env, input })
  yield* gone
  return { ...(yield* ended), stdout: text.stdout, stderr: text.stderr }
}, Effect.scoped)

/** `dist/` is that of these sources. */
export const built = Effect.runSync(Effect.cached(finished([`${repository}/.config/build.mjs`], repository, {})))

/** A folder of its own to start servers in. */
export const home = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "parley-" }))

/** The password is "admin". */
export const withPassword = { API_KEY_HASH: "$2b$04$7yL1i2oFskF1V8hyYYdoPuJOedn8fgyjJY2XrQUFML6tnb0kZ4zBi" }

const settingsIn = (folder: string, settings: Settings) => ({
  PORT: "0",
  DATA_DIR: `${folder}/data`,
  AGENTS_DIR: `${repository}/agents`,
  SCRIPTED_PACE_MS: "0",
  RATE_LIMITS: "false",
  ...settings
})

/** A start that is expected to come to its end by itself. */
export const attempt = (folder: string, settings: Settings, args: ReadonlyArray<string> = [], input = "") =>
  Effect.zipRight(built, finished([`${repository}/dist/main.js`, ...args], folder, settingsIn(folder, settings), input))

/** A server that is up, on a free port of loopback unless the settings say otherwise. */
export const serve = Effect.fn(function* (folder: string, settings: Settings = withPassword) {
  yield* built
  const server = yield* run({
    command: process.execPath,
    args: [`${repository}/dist/main.js`],
    cwd: folder,
    env: settingsIn(folder, settings)
  })
  const [, base = ""] = yield* server.sees(/Parley listens on (http:[^"]+)/)
  return { ...server, base, folder }
})

export type Server = Effect.Effect.Success<ReturnType<typeof serve>>

const database = (folder: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new Database(`${folder}/data/parley.db`)),
    (db) => Effect.sync(() => db.close())
  )

/** What the database of a folder holds, read past the server. */
export const query = (folder: string, sql: string) =>
  Effect.flatMap(database(folder), (db) => Schema.decodeUnknown(Schema.Array(Schema.Any))(db.prepare(sql).all())).pipe(
    Effect.scoped,
    Effect.orDie
  )

/** Changes the database of a folder behind the server's back. */
export const tamper = (folder: string, sql: string) =>
  Effect.scoped(Effect.map(database(folder), (db) => void db.exec(sql)))

/** A port of loopback that somebody else listens on. */
export const takenPort = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = address === null || typeof address === "string" ? 0 : address.port
      resume(Effect.succeed({ port, close: () => void server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

/** A port of loopback that nobody listens on. */
export const freePort = Effect.scoped(Effect.map(takenPort, ({ port }) => port))
