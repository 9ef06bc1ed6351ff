import { FileSystem } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertMatch, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Clock, Effect } from "effect"
import { client, login } from "../support/Caller.ts"
import { attempt, home, layer, serve, withPassword } from "../support/Process.ts"

type Harm = (file: string, fs: FileSystem.FileSystem) => Effect.Effect<unknown, PlatformError>

const rubbish = new Uint8Array(4096).fill(65)

const overwrite =
  (at: number): Harm =>
  (file, fs) =>
    Effect.scoped(
      Effect.gen(function* () {
        const handle = yield* fs.open(file, { flag: "r+" })
        yield* handle.seek(BigInt(at), "start")
        yield* handle.writeAll(rubbish)
      })
    )

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
  "without its log": [(file, fs) => fs.remove(`${file}-wal`), "missing"],
  "with its log emptied": [(file, fs) => fs.truncate(`${file}-wal`, 0), "damaged"],
  "without the index of its log": [(file, fs) => fs.remove(`${file}-shm`), "missing"]
}

describe.concurrent("a database file under a running server", () => {
  for (const [how, [harm, reason]] of Object.entries(harms)) {
    it.scopedLive(
      `${how} is noticed within ten seconds, and from then on nothing is acknowledged`,
      () =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const folder = yield* home
          const server = yield* serve(folder)
          const me = yield* login(server.base)
          const anybody = yield* client(server.base)
          const { data: room } = yield* me.call("POST", "/rooms", { name: "Quiet" })
          const say = (content: string) => me.call("POST", `/rooms/${room.id}/messages/send`, { content })
          deepStrictEqual((yield* say("before")).status, 200)

          const began = yield* Clock.currentTimeMillis
          yield* harm(`${folder}/data/parley.db`, fs)
          const ready = yield* Effect.repeat(
            Effect.zipRight(Effect.sleep("200 millis"), anybody.call("GET", "/ready")),
            {
              until: ({ status }) => status === 503
            }
          )
          const took = (yield* Clock.currentTimeMillis) - began
          const { data, status } = yield* say("after")

          deepStrictEqual(ready.data.failing, ["database"])
          assertTrue(took < 10_000, `noticed after ${took} ms`)
          deepStrictEqual([status, data._tag, data.reason], [503, "StorageUnavailable", reason])
          deepStrictEqual((yield* anybody.call("GET", "/health")).status, 200)
          yield* server.signal("SIGTERM")
          yield* server.ended
        }).pipe(Effect.provide(layer)),
      60_000
    )
  }

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

  it.scopedLive("that was never there makes one", () =>
    Effect.gen(function* () {
      const folder = yield* home
      const server = yield* serve(folder)
      assertFalse(server.text.stderr.includes("cannot be used"))
    }).pipe(Effect.provide(layer))
  )
})
