import { FileSystem } from "@effect/platform"
import Database from "better-sqlite3"
import { Effect, Layer } from "effect"
import * as Cli from "../../src/cli/commands/Import.ts"
import { Import } from "../../src/cli/Import.ts"
import { Settings } from "../../src/process/Settings.ts"
import { folders } from "./House.ts"

/** A folder of the original, and a house that takes it over. */
export const setup = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const here = yield* folders({ Ada: "Ada builds clocks.", critic: "The critic listens." })
  const there = yield* fs.makeTempDirectoryScoped({ prefix: "original-" })
  const file = `${there}/chitchats.db`
  const run = (path = there, replace = false, settings: Readonly<Record<string, string>> = {}) =>
    Effect.flatMap(Import, (it) => it.run({ path, replace })).pipe(
      Effect.provide(Layer.provide(Cli.layer, Settings.layerFrom({ ...here, ...settings })))
    )
  const query = (sql: string) =>
    Effect.sync(() => {
      const db = new Database(`${here.DATA_DIR}/parley.db`, { readonly: true })
      const rows = db.prepare<[], ReadonlyArray<unknown>>(sql).raw().all()
      db.close()
      return rows
    })
  /** Names, times and bytes of all that lies beside the source. */
  const state = Effect.gen(function* () {
    const names = yield* fs.readDirectory(there, { recursive: true })
    return yield* Effect.forEach(names.toSorted(), (name) =>
      Effect.gen(function* () {
        const info = yield* fs.stat(`${there}/${name}`)
        const bytes = info.type === "File" ? yield* fs.readFile(`${there}/${name}`) : new Uint8Array()
        return [name, info.mtime, Buffer.from(bytes).toString("base64")]
      })
    )
  })
  const put = (name: string, text: string | Uint8Array, root = there) =>
    Effect.zipRight(
      fs.makeDirectory(`${root}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true }),
      typeof text === "string" ? fs.writeFileString(`${root}/${name}`, text) : fs.writeFile(`${root}/${name}`, text)
    )
  return { fs, here, there, file, run, query, state, put }
})
