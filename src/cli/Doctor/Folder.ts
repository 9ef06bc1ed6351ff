import { FileSystem, Path } from "@effect/platform"
import { Effect, Option } from "effect"
// FileSystem does not tell what is free.
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { statfs } from "node:fs/promises"
import { Settings } from "../../process/Settings.ts"
import { Broken, Doubtful, type Finding, Fine } from "./Finding.ts"

const about = "data folder"
const little = 200 * 2 ** 20
const some = 2 * 2 ** 30

export const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`

const open = (mode: number) => process.platform !== "win32" && (mode & 0o077) !== 0

/** Whether the data folder can be written, is nobody else's to read, and has room to grow. */
export const folder = Effect.gen(function* () {
  const { DATA_DIR } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const stat = yield* Effect.option(fs.stat(DATA_DIR))
  if (Option.isNone(stat)) return [Fine({ about, words: `${DATA_DIR} is not there yet: the first start makes it` })]
  const isUsable = yield* Effect.isSuccess(fs.access(DATA_DIR, { readable: true, writable: true }))
  if (!isUsable) return [Broken({ about, words: `${DATA_DIR} cannot be written by this user` })]

  const { bavail, bsize } = yield* Effect.promise(() => statfs(DATA_DIR))
  const free = bavail * bsize
  const words = `${DATA_DIR}, ${gigabytes(free)} free`
  const room =
    free < little ? Broken({ about, words }) : free < some ? Doubtful({ about, words }) : Fine({ about, words })

  const secrets = path.join(DATA_DIR, "secrets.json")
  const modes = yield* Effect.forEach([DATA_DIR, secrets], (file) => Effect.option(fs.stat(file)))
  const readable = [DATA_DIR, secrets].filter((_, index) =>
    Option.exists(modes[index] ?? Option.none(), ({ mode }) => open(mode))
  )
  const permissions: Finding =
    readable.length === 0
      ? Fine({ about: "permissions", words: "nobody else can read what is kept" })
      : Doubtful({
          about: "permissions",
          words: `others can read ${readable.join(" and ")}: chmod go= ${readable.join(" ")}`
        })
  return [room, permissions]
})
