import { FileSystem, Path } from "@effect/platform"
import { Array, Effect, Either, Option, Schema } from "effect"
import { parseEnv } from "node:util"
import { SettingsValues } from "../../domain/Settings.ts"
import { writeAtomic } from "../../lib/files.ts"
import { importedEnv } from "../../process/DataDir.ts"
import { Settings } from "../../process/Settings.ts"
import type { Tally } from "./Tally.ts"

const known: ReadonlySet<string> = new Set(Object.keys(SettingsValues.fields))
const decode = Schema.decodeUnknownOption(SettingsValues)

/** In quotes in which nothing has a meaning of its own; null where there are none for it. */
const quoted = (value: string) => {
  const quote = ["'", "`", '"'].find((mark) => !value.includes(mark))
  return quote === undefined ? null : `${quote}${value}${quote}`
}

/**
 * Writes what the original's `.env` says under names that Parley has into a file that only its owner can read: the
 * passwords and the key of the tokens go on working once it is part of Parley's own. Tells names alone.
 */
export const copy = Effect.fnUntraced(function* (file: string, tally: Tally) {
  const { DATA_DIR } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const entries = Object.entries(parseEnv(yield* fs.readFileString(file))).map(
    ([name, value]) => [name.toUpperCase(), value ?? ""] as const
  )
  const [foreign, ours] = Array.partition(entries, ([name]) => known.has(name))
  const [refused, lines] = Array.partitionMap(
    ours.filter(([, value]) => value !== ""),
    ([name, value]) => {
      const text = Option.isSome(decode({ [name]: value })) ? quoted(value) : null
      return text === null ? Either.left(name) : Either.right(`${name}=${text}`)
    }
  )
  if (foreign.length > 0) tally.note(`settings that Parley does not have: ${foreign.map(([name]) => name).join(", ")}`)
  if (refused.length > 0) tally.note(`settings that Parley cannot use as they are: ${refused.join(", ")}`)
  if (lines.length === 0) return
  const place = join(DATA_DIR, importedEnv)
  const text = `${lines.join("\n")}\n`
  // An import that is run again brings nothing new.
  if ((yield* Effect.orElseSucceed(fs.readFileString(place), () => "")) === text) return
  yield* writeAtomic(place, text, 0o600)
  tally.took("settings", lines.length)
  tally.note(`append ${place} to Parley's .env: it holds ${lines.map((line) => line.split("=", 1)[0]).join(", ")}`)
}, Effect.orDie)
