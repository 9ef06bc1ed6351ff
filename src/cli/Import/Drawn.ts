import { FileSystem, Path } from "@effect/platform"
import { Data, Effect, Option } from "effect"
import { enter, resolveFile } from "../../lib/files.ts"

/** Where the later version of the original keeps the pictures that its agents draw. */
export const drawnFolder = "generated_images"

/** `why` is told at the end of the import. */
export class Undrawn extends Data.TaggedError("Undrawn")<{ readonly why: string }> {}

const elsewhere = new Undrawn({ why: "images whose address leads outside their folder" })
const missing = new Undrawn({ why: "images that are not in the database, nor in their folder" })
const large = new Undrawn({ why: "images that cannot be read or are too large" })

const decoded = (part: string) => {
  try {
    return decodeURIComponent(part)
  } catch {
    return ""
  }
}

/** The parts of the way in the folder; none for an address that names no file there. */
export const wayOf = (url: string): Option.Option<ReadonlyArray<string>> => {
  const path = url.replace(/^https?:\/\/[^/]*/i, "").replace(/[?#].*$/s, "")
  const [root, ...parts] = path.replace(/^\//, "").split("/").map(decoded)
  const isSafe = parts.length > 0 && parts.every((part) => !/^\.{0,2}$|[\\/\0]/.test(part))
  return root === drawnFolder && isSafe ? Option.some(parts) : Option.none()
}

/** Reads a picture of the folder; a link counts as a file that is not there. */
export const read = Effect.fnUntraced(function* (folder: Option.Option<string>, url: string, maxBytes: number) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const way = yield* Effect.mapError(wayOf(url), () => elsewhere)
  const root = yield* Effect.mapError(folder, () => missing)
  const places = way.map((_, at) => paths.join(root, ...way.slice(0, at + 1)))
  const links = yield* Effect.forEach([root, ...places], (place) => Effect.isSuccess(fs.readLink(place)))
  if (links.includes(true)) return yield* elsewhere
  const file = paths.join(root, ...way)
  const found = Effect.gen(function* () {
    const { real, size } = yield* resolveFile(yield* enter(root, paths.dirname(file)), paths.basename(file))
    return { size, bytes: fs.readFile(real) }
  })
  const { bytes, size } = yield* Effect.mapError(found, () => missing)
  if (size > maxBytes) return yield* large
  return yield* Effect.mapError(bytes, () => missing)
})
