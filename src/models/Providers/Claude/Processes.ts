import { FileSystem, Path } from "@effect/platform"
import { Effect, Schedule, Schema } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { execFileSync } from "node:child_process"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { stringify } from "../../../lib/json.ts"

/** The running processes, in files: one that is killed leaves behind what its successor has to end. */
export interface Processes {
  /** To be called in the step that starts the process, which is told nothing to do before. */
  readonly enter: (pid: number) => void
  readonly strike: (pid: number) => void
}

/** For where the kernel ends the processes of a server that is killed. */
export const none: Processes = { enter: () => {}, strike: () => {} }

/** The id alone is no proof: the system gives it to others later. */
const Entry = Schema.parseJson(
  Schema.Struct({ pid: Schema.Int.pipe(Schema.greaterThan(1)), birth: Schema.NonEmptyString })
)

/** Returns when all that a killed server has left running is gone. */
export const make = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const fileOf = (pid: number) => path.join(folder, `${pid}.json`)

  const sweep = (name: string) =>
    fs.readFileString(path.join(folder, name)).pipe(
      Effect.flatMap(Schema.decode(Entry)),
      Effect.flatMap(end),
      // What cannot be read names nobody.
      Effect.ignore,
      Effect.zipRight(fs.remove(path.join(folder, name), { force: true }))
    )
  const names = yield* fs.readDirectory(folder)
  yield* Effect.forEach(names, sweep, { concurrency: "unbounded", discard: true })

  return {
    enter: (pid) => {
      const birth = birthOf(pid)
      if (birth !== null) writeFileSync(fileOf(pid), stringify({ pid, birth }), { mode: 0o600 })
    },
    strike: (pid) => rmSync(fileOf(pid), { force: true })
  } satisfies Processes
})

const end = ({ birth, pid }: typeof Entry.Type) => {
  const isThere = Effect.sync(() => birthOf(pid) === birth)
  const gone = Effect.repeat(isThere, { until: (it) => !it, schedule: Schedule.spaced("5 millis") })
  const kill = Effect.try(() => process.kill(pid, "SIGKILL"))
  return Effect.when(Effect.zipRight(kill, Effect.timeout(gone, "2 seconds")), () => birthOf(pid) === birth)
}

/** When a process began, as the system tells it, and in which boot; null when it is not there. */
const birthOf = (pid: number) => {
  const boot = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"))
  return boot === null ? attempt(() => dateOf(pid)) : attempt(() => ticksOf(pid, boot.trim()))
}

const ticksOf = (pid: number, boot: string) => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  // The program's name stands in brackets and may hold anything; the state follows it as the third field.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return fields[0] === "Z" ? null : `${boot} ${fields[19]}`
}

const dateOf = (pid: number) =>
  execFileSync("ps", ["-o", "lstart=", "-p", `${pid}`], { env: { LC_ALL: "C", TZ: "UTC", PATH: "/bin:/usr/bin" } })
    .toString()
    .trim() || null

const attempt = (read: () => string | null) => {
  try {
    return read()
  } catch {
    return null
  }
}
