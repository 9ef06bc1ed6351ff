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

/** A folder, as real paths: its own and that of the folder which nothing may lead out of. */
export interface Entered {
  readonly top: string
  readonly path: string
}

const refuser = (file: string) => (reason: string) => new Unreadable({ file, reason })

const realPath = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const refuse = refuser((yield* Path.Path).basename(path))
  return yield* Effect.mapError(fs.realPath(path), (error) =>
    refuse(error._tag === "SystemError" && error.reason === "NotFound" ? "leads nowhere" : "cannot be read")
  )
})

const within = Effect.fnUntraced(function* (top: string, path: string) {
  const paths = yield* Path.Path
  const real = yield* realPath(path)
  return inside(paths, top, real) ? real : yield* refuser(paths.basename(path))("is a link that leads outside")
})

/** Enters a folder that, links followed, is `root` or lies below it. */
export const enter = Effect.fnUntraced(function* (root: string, path: string) {
  const top = yield* realPath(root)
  return { top, path: yield* within(top, path) } satisfies Entered
})

/** The real path of a regular file of the folder; a link is followed below `top` alone. */
export const resolveFile = Effect.fnUntraced(function* ({ path, top }: Entered, file: string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const refuse = refuser(file)
  const plain = paths.join(path, file)
  // Finding a real path costs a call for every part of it; a file that is no link has the folder's.
  const isLink = yield* Effect.isSuccess(fs.readLink(plain))
  const real = isLink ? yield* within(top, plain) : plain
  const info = yield* Effect.mapError(fs.stat(real), () => refuse("cannot be read"))
  if (info.type !== "File") return yield* refuse("is not a regular file")
  return { real, size: Number(info.size) }
})

/** The text of a file of the folder, with plain line ends, if it has at most `limit` bytes. */
export const readText = Effect.fnUntraced(function* (folder: Entered, file: string, limit: number) {
  const fs = yield* FileSystem.FileSystem
  const refuse = refuser(file)
  const { real, size } = yield* resolveFile(folder, file)
  if (size > limit) return yield* refuse(`has more than ${limit / 1024} KB`)
  const bytes = yield* Effect.mapError(fs.readFile(real), () => refuse("cannot be read"))
  const text = bytes.length <= limit ? decodeText(bytes) : null
  return text ?? (yield* refuse("is neither UTF-8 nor CP949 text"))
})

/** Replaces the file in one step: a reader sees the old content or the new, also after a loss of power. */
export const writeAtomic = Effect.fnUntraced(function* (path: string, content: string | Uint8Array, mode: number) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const folder = paths.dirname(path)
  const suffix = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
  const temporary = paths.join(folder, `.${suffix.toString(36)}.tmp`)
  const write = Effect.gen(function* () {
    const file = yield* fs.open(temporary, { flag: "wx", mode })
    yield* file.writeAll(typeof content === "string" ? new TextEncoder().encode(content) : content)
    yield* file.sync
  })
  yield* Effect.scoped(write).pipe(
    Effect.zipRight(fs.rename(temporary, path)),
    Effect.onError(() => Effect.ignore(fs.remove(temporary)))
  )
  // Not every system lets a folder be opened; there the rename alone must do.
  yield* Effect.ignore(Effect.scoped(Effect.flatMap(fs.open(folder), (handle) => handle.sync)))
})
