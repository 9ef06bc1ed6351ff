import { FileSystem } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertMatch, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Clock, Effect, Fiber, Schedule } from "effect"
import { client, login } from "../support/Caller.ts"
import { attempt, home, layer, serve, tamper, withPassword } from "../support/Process.ts"

type Harm = (file: string, fs: FileSystem.FileSystem) => Effect.Effect<unknown, PlatformError>

const rubbish = new Uint8Array(4096).fill(65)

const overwrite =
  (at: number, bytes: Uint8Array = rubbish): Harm =>
  (file, fs) =>
    Effect.scoped(
      Effect.gen(function* () {
        const handle = yield* fs.open(file, { flag: "r+" })
        yield* handle.seek(BigInt(at), "start")
        yield* handle.writeAll(bytes)
      })
    )

const writeOver: Harm = (file, fs) => Effect.flatMap(fs.readFile(file), (bytes) => overwrite(0, bytes)(file, fs))

/** What somebody does to the file, and what `/ready` and a writer are told. */
const harms: Readonly<Record<string, readonly [Harm, string]>> = {
  deleted: [(file, fs) => fs.remove(file), "missing"],
  "moved away": [(file, fs) => fs.rename(file, `${file}.away`), "missing"],
  swapped: [
    (file, fs) => Effect.zipRight(fs.copyFile(file, `${file}.other`), fs.rename(`${file}.other`, file)),
    "replaced"
  ],
  emptied: [(file, fs) => fs.truncate(file, 0), "damaged"],
  cut: [(file, fs) => fs.truncate(file, 1000), "damaged"],
  overwritten: [overwrite(0), "damaged"],
  "overwritten in the middle": [overwrite(30 * 4096), "replaced"],
  "written over with a copy": [writeOver, "replaced"],
  "without its log": [(file, fs) => fs.remove(`${file}-wal`), "missing"],
  "with its log emptied": [(file, fs) => fs.truncate(`${file}-wal`, 0), "damaged"],
  "with its log cut": [(file, fs) => fs.truncate(`${file}-wal`, 32), "damaged"],
  "without the index of its log": [(file, fs) => fs.remove(`${file}-shm`), "missing"]
}

/** Those that leave every name as it was, and that a write before the next look could hide. */
const hidden = [
  "emptied",
  "overwritten in the middle",
  "written over with a copy",
  "with its log emptied",
  "with its log cut"
]

describe.concurrent("a database file under a running server", () => {
  const notices = (how: string, isBusy: boolean) =>
    it.scopedLive(
      `${how} ${isBusy ? "while people write" : "while nobody writes"} is noticed within ten seconds, and from then on nothing is acknowledged`,
      () =>
        Effect.gen(function* () {
          const [harm, reason] = harms[how] ?? [() => Effect.dieMessage(how), ""]
          const fs = yield* FileSystem.FileSystem
          const folder = yield* home
          const server = yield* serve(folder)
          const me = yield* login(server.base)
          const anybody = yield* client(server.base)
          const { data: room } = yield* me.call("POST", "/rooms", { name: "Quiet" })
          const say = (content: string) => me.call("POST", `/rooms/${room.id}/messages/send`, { content })
          // All pages are in the file itself then, taken there by another process.
          yield* tamper(folder, "PRAGMA wal_checkpoint(PASSIVE)")
          deepStrictEqual((yield* say("before")).status, 200)
          const writers = yield* say("meanwhile").pipe(
            Effect.repeat({ schedule: Schedule.spaced("2 millis"), while: ({ status }) => status === 200 }),
            Effect.replicateEffect(4, { concurrency: "unbounded" }),
            Effect.when(() => isBusy),
            Effect.fork
          )
          if (isBusy) yield* Effect.repeat(say("meanwhile"), { times: 20 })

          const began = yield* Clock.currentTimeMillis
          yield* harm(`${folder}/data/parley.db`, fs)
          const ready = yield* Effect.repeat(
            Effect.zipRight(Effect.sleep("200 millis"), anybody.call("GET", "/ready")),
            {
              until: ({ status }) => status === 503
            }
          ).pipe(Effect.timeout("20 seconds"))
          const took = (yield* Clock.currentTimeMillis) - began
          const { data, status } = yield* say("after")

          deepStrictEqual(ready.data.failing, ["database"])
          assertTrue(took < 10_000, `noticed after ${took} ms`)
          deepStrictEqual([status, data._tag, data.reason], [503, "StorageUnavailable", reason])
          deepStrictEqual((yield* anybody.call("GET", "/health")).status, 200)
          yield* Fiber.join(writers)
          yield* server.signal("SIGTERM")
          yield* server.ended
        }).pipe(Effect.provide(layer)),
      60_000
    )

  for (const how of Object.keys(harms)) notices(how, false)
  for (const how of hidden) notices(how, true)

  it.scopedLive(
    "that is deleted acknowledges nothing any more, also before anybody looks",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const me = yield* login((yield* serve(folder)).base)

        yield* fs.remove(`${folder}/data/parley.db`)
        const { data, status } = yield* me.call("POST", "/rooms", { name: "Lost" })

        deepStrictEqual([status, data.reason], [503, "missing"])
      }).pipe(Effect.provide(layer)),
    60_000
  )
})

describe.concurrent("a start over a database", () => {
  const refuses = (how: string, ending: NodeJS.Signals, harm: Harm, words: RegExp) =>
    it.scopedLive(
      `that is ${how} says so in one line, with the way back`,
      () =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const folder = yield* home
          const server = yield* serve(folder)
          yield* server.sees(/Parley listens/)
          yield* server.signal(ending)
          yield* server.gone
          yield* harm(`${folder}/data/parley.db`, fs)

          const { code, stderr } = yield* attempt(folder, withPassword)

          assertMatch(stderr, words)
          deepStrictEqual([code, stderr.trimEnd().split("\n").length], [1, 1])
        }).pipe(Effect.provide(layer)),
      60_000
    )

  refuses(
    "gone beside its log",
    "SIGKILL",
    (file, fs) => fs.remove(file),
    /parley\.db cannot be used: it is gone: .*parley restore/
  )
  refuses(
    "emptied beside its log",
    "SIGKILL",
    (file, fs) => fs.truncate(file, 0),
    /cannot be used: it is empty: .*parley restore/
  )
  refuses(
    "gone with all that belongs to it, beside the secrets",
    "SIGTERM",
    (file, fs) => fs.remove(file),
    /cannot be used: it is gone: .*parley restore.*; to begin anew, put aside what is left of it: secrets\.json$/m
  )
  refuses("emptied", "SIGTERM", (file, fs) => fs.truncate(file, 0), /it is empty: .*parley restore/)
  refuses("cut", "SIGTERM", (file, fs) => fs.truncate(file, 8192), /cannot be used: it is damaged: .*parley restore/)
  refuses("damaged in the middle", "SIGTERM", overwrite(40_960), /cannot be used: it is damaged: .*parley restore/)
  refuses("overwritten", "SIGTERM", overwrite(0), /it is not a database, or its beginning is damaged: .*parley restore/)
  refuses(
    "another file",
    "SIGTERM",
    (file, fs) => fs.writeFileString(file, "Dear diary"),
    /it is not a database, or its beginning is damaged: .*parley restore/
  )
  refuses(
    "a folder",
    "SIGTERM",
    (file, fs) => Effect.zipRight(fs.remove(file), fs.makeDirectory(file)),
    /cannot be used: it is not a file/
  )

  it.scopedLive(
    "of which nothing is left makes a new one",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const first = yield* serve(folder)
        yield* first.signal("SIGTERM")
        yield* first.gone
        for (const name of ["parley.db", "secrets.json"]) yield* fs.remove(`${folder}/data/${name}`)
        yield* serve(folder)
      }).pipe(Effect.provide(layer)),
    60_000
  )

  it.scopedLive("that was never there makes one", () =>
    Effect.gen(function* () {
      const folder = yield* home
      const server = yield* serve(folder)
      assertFalse(server.text.stderr.includes("cannot be used"))
    }).pipe(Effect.provide(layer))
  )
})
