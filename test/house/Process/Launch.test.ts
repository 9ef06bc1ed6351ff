import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertMatch, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { attempt, home, layer, patience, repository, run } from "../../support/Process.ts"

const settings = Effect.fn(function* (cwd: string) {
  const args = [`${repository}/.config/launch.mjs`, "settings"]
  const program = yield* run({ command: process.execPath, args, cwd, env: {} })
  yield* program.gone
  return program.text.stdout
})

describe("a Parley that was built elsewhere", () => {
  it.scopedLive(
    "gives whoever has no agents the shipped ones beside the data, to write to and to keep",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const memory = `${folder}/kept/agents/group_Workbench/Tove/recent_events.md`
        yield* attempt(folder, {}, ["settings"])
        yield* fs.writeFileString(`${folder}/.env`, "DATA_DIR=./kept")

        assertMatch(yield* settings(folder), /^AGENTS_DIR +kept\/agents +environment/m)
        strictEqual((yield* fs.stat(memory)).mode & 0o200, 0o200)
        yield* fs.writeFileString(memory, "Something happened.")
        yield* settings(folder)

        strictEqual(yield* fs.readFileString(memory), "Something happened.")
        deepStrictEqual(yield* fs.readDirectory(`${folder}/kept`), ["agents"])
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "takes the agents of the folder that it is started in",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        yield* attempt(folder, {}, ["settings"])
        yield* fs.makeDirectory(`${folder}/agents`)

        assertMatch(yield* settings(folder), /^AGENTS_DIR +\.\/agents +default/m)
        deepStrictEqual(yield* fs.readDirectory(folder), ["agents"])
      }).pipe(Effect.provide(layer)),
    patience
  )
})
