import { FileSystem, Path } from "@effect/platform"
import { Effect } from "effect"
import { importedEnv } from "../process/DataDir.ts"
import { Settings } from "../process/Settings.ts"
import { copy } from "../store/DbCopy.ts"

/** The settings of a copy of this house, gone with the scope: what is tried there changes nothing here. */
export const copied = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { basename, join, resolve } = yield* Path.Path
  const settings = yield* Settings
  const root = yield* fs.makeTempDirectoryScoped({ prefix: "parley-rehearsal-" })
  const DATA_DIR = join(root, "data")
  const AGENTS_DIR = join(root, "folder", basename(resolve(settings.AGENTS_DIR)))
  yield* Effect.forEach([DATA_DIR, AGENTS_DIR], (path) => fs.makeDirectory(path, { recursive: true }))
  if (yield* fs.exists(settings.AGENTS_DIR)) yield* fs.copy(settings.AGENTS_DIR, AGENTS_DIR, { overwrite: true })
  const file = join(settings.DATA_DIR, "parley.db")
  const env = join(settings.DATA_DIR, importedEnv)
  if (yield* fs.exists(env)) yield* fs.copyFile(env, join(DATA_DIR, importedEnv))
  if (yield* fs.exists(file)) yield* copy({ source: file, target: join(DATA_DIR, "parley.db"), memories: null })
  return { ...settings, DATA_DIR, AGENTS_DIR }
}).pipe(Effect.catchTags({ BadArgument: Effect.die, SystemError: Effect.die }))
