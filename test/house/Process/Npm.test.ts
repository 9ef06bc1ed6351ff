import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { dirname } from "node:path"
import { client, login } from "../../support/Caller.ts"
import { home, layer, patience, query, repository, run, withPassword } from "../../support/Process.ts"

/** A checkout of its own, so that nobody else's build comes between. */
const checkout = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* home
  for (const name of [".config", "agents", "src", "package.json", "package-lock.json", "tsconfig.json"]) {
    yield* fs.copy(`${repository}/${name}`, `${folder}/${name}`)
  }
  yield* fs.symlink(`${repository}/node_modules`, `${folder}/node_modules`)
  return folder
})

/** As in a terminal: npm, its shell and the server are one group. The agents never come to their first word. */
const npmStart = Effect.fn(function* (folder: string) {
  const env = {
    ...withPassword,
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    PORT: "0",
    SCRIPTED_PACE_MS: "10000"
  }
  const npm = yield* run({ command: "npm", args: ["start"], cwd: folder, env: { ...env, SHUTDOWN_SECONDS: "1" } })
  const [, base = ""] = yield* npm.sees(/Parley listens on (http:[^"]+)/)
  const { call, follow } = yield* login(base)
  const reader = yield* follow(1)
  yield* call("POST", "/rooms/1/messages/send", { content: "Hello" })
  yield* reader.sees(/event: stream_start/)
  return { ...npm, base, reader }
})

describe("npm start", () => {
  it.scopedLive(
    "builds once, and its server settles what it does before it goes: by Ctrl-C, by SIGTERM to npm, and to all at once",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* checkout
        const builtAt = Effect.map(fs.stat(`${folder}/dist/main.js`), ({ mtime }) => mtime)
        const isGone = (base: string) =>
          Effect.flatMap(client(base), ({ call }) => Effect.isFailure(call("GET", "/health")))
        const unsettled = query(folder, "SELECT id FROM turns WHERE outcome IS NULL")

        const ends = Effect.fn(function* (how: "signal" | "signalGroup", name: NodeJS.Signals) {
          const npm = yield* npmStart(folder)
          yield* npm[how](name)
          yield* npm.gone
          strictEqual(yield* isGone(npm.base), true)
          deepStrictEqual(yield* unsettled, [])
          return npm.text.stderr
        })

        assertInclude(yield* ends("signalGroup", "SIGINT"), "building")
        const built = yield* builtAt
        assertFalse((yield* ends("signal", "SIGTERM")).includes("building"))
        yield* ends("signalGroup", "SIGTERM")
        deepStrictEqual(yield* builtAt, built)
      }).pipe(Effect.provide(layer)),
    patience
  )
})
