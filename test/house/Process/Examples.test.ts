import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertMatch, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { home, layer, patience, repository, run, serve } from "../../support/Process.ts"

const read = (file: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`${repository}/${file}`))

const program = Effect.fn(function* (folder: string, args: ReadonlyArray<string>, env: Record<string, string> = {}) {
  const { ended, gone, text } = yield* run({ command: process.execPath, args, cwd: folder, env })
  yield* gone
  return { ...(yield* ended), ...text }
})

describe("what the pages show", () => {
  it.scopedLive(
    "the client of examples/ prints what the agents say until the round ends, and why it is refused",
    () =>
      Effect.gen(function* () {
        const { base, folder } = yield* serve(yield* home)
        const client = `${repository}/examples/client.mjs`
        const env = { PARLEY_URL: base }

        const well = yield* program(folder, [client, "1", "Good evening"], { ...env, PARLEY_PASSWORD: "admin" })
        deepStrictEqual([well.code, well.stderr], [0, ""])
        assertMatch(well.stdout, /^(?:Fitzroy|Ottilie|Zeynep): \S/m)

        const refused = yield* program(folder, [client], { ...env, PARLEY_PASSWORD: "wrong" })
        deepStrictEqual([refused.code, refused.stdout], [1, ""])
        assertInclude(refused.stderr, "401 WrongPassword")
        const away = yield* program(folder, [client, "99"], { ...env, PARLEY_PASSWORD: "admin" })
        assertInclude(away.stderr, "404 RoomNotFound")
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "the program of docs/api.md runs as it is printed",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { base, folder } = yield* serve(yield* home)
        const [, printed = ""] = /^```ts\n(.*?)^```/ms.exec(yield* read("docs/api.md")) ?? []
        yield* fs.makeDirectory(`${folder}/node_modules`)
        yield* fs.symlink(repository, `${folder}/node_modules/parley`)
        const own = printed.replace("http://127.0.0.1:8000", base).replace('password: "…"', 'password: "admin"')
        yield* fs.writeFileString(`${folder}/talk.mjs`, own)

        const { code, stderr, stdout } = yield* program(folder, ["talk.mjs"])
        deepStrictEqual([code, stderr], [0, ""])
        assertMatch(stdout, /\w+ \w+/)
      }).pipe(Effect.provide(layer)),
    patience
  )
})
