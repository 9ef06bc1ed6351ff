import { FileSystem, Path } from "@effect/platform"
import { Data, Effect, Random } from "effect"
import { decodeCp949 } from "./cp949.ts"

/** `reason` continues a sentence that begins with the file's name. */
export class Unreadable extends Data.TaggedError("Unreadable")<{ readonly file: string; readonly reason: string }> {
  override get message() {
    return `${this.file} ${this.reason}`
  }
}

/** True when `path` is `root` or lies below it; both absolute and free of links. */
const inside = (paths: Path.Path, root: string, path: string) => {
  const way = paths.relative(root, path)
  return way !== ".." && !way.startsWith(`..${paths.sep}`) && !paths.isAbsolute(way)
}

const attempt = (decode: () => string | null) => {
  try {
    return decode()
  } catch {
    return null
  }
}

/** UTF-8, else CP949, with plain line ends; null for anything else, binary data included. */
export const decodeText = (bytes: Uint8Array) => {
  const utf8 = attempt(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  const text = utf8 ?? attempt(() => decodeCp949(bytes))
  return text === null || text.includes("\0") ? null : text.replaceAll(/\r\n?/g, "\n")
}

const refuser = (paths: Path.Path, path: string) => (reason: string) =>
  new Unreadable({ file: paths.basename(path), reason })

/** The real path of a file or folder that, its links followed, lies below the real path of `root`. */
export const resolveWithin = Effect.fnUntraced(function* (root: string, path: string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const refuse = refuser(paths, path)
  const resolve = (target: string) =>
    Effect.mapError(fs.realPath(target), (error) =>
      refuse(error._tag === "SystemError" && error.reason === "NotFound" ? "leads nowhere" : "cannot be read")
    )
  const [top, real] = yield* Effect.all([resolve(root), resolve(path)])
  return inside(paths, top, real) ? real : yield* refuse("is a link that leads outside")
})

/** As `resolveWithin`, for a regular file. */
export const resolveFile = Effect.fnUntraced(function* (root: string, path: string) {
  const fs = yield* FileSystem.FileSystem
  const refuse = refuser(yield* Path.Path, path)
  const real = yield* resolveWithin(root, path)
  const info = yield* Effect.mapError(fs.stat(real), () => refuse("cannot be read"))
  if (info.type !== "File") return yield* refuse("is not a regular file")
  return { real, size: Number(info.size) }
})

/** The text of a file below `root`, with plain line ends, if it has at most `limit` bytes. */
export const readText = Effect.fnUntraced(function* (root: string, path: string, limit: number) {
  const fs = yield* FileSystem.FileSystem
  const refuse = refuser(yield* Path.Path, path)
  const { real, size } = yield* resolveFile(root, path)
  if (size > limit) return yield* refuse(`has more than ${limit / 1024} KB`)
  const bytes = yield* Effect.mapError(fs.readFile(real), () => refuse("cannot be read"))
  const text = bytes.length <= limit ? decodeText(bytes) : null
  return text ?? (yield* refuse("is neither UTF-8 nor CP949 text"))
})

/** Replaces the file in one step: a reader sees the old text or the new, also after a loss of power. */
export const writeAtomic = Effect.fnUntraced(function* (path: string, text: string, mode: number) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const folder = paths.dirname(path)
  const suffix = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
  const temporary = paths.join(folder, `.${suffix.toString(36)}.tmp`)
  const write = Effect.gen(function* () {
    const file = yield* fs.open(temporary, { flag: "wx", mode })
    yield* file.writeAll(new TextEncoder().encode(text))
    yield* file.sync
  })
  yield* Effect.scoped(write).pipe(
    Effect.zipRight(fs.rename(temporary, path)),
    Effect.onError(() => Effect.ignore(fs.remove(temporary)))
  )
  // Not every system lets a folder be opened; there the rename alone must do.
  yield* Effect.ignore(Effect.scoped(Effect.flatMap(fs.open(folder), (handle) => handle.sync)))
})
