import { FileSystem, Path } from "@effect/platform"
import { Effect, Option } from "effect"
import { typeOf } from "../../domain/Picture.ts"
import { enter, resolveFile } from "../../lib/files.ts"
import { groupPrefix } from "../../personas/Folders.ts"
import { pictureCandidates } from "../../personas/Parse.ts"

interface Sitter {
  readonly name: string
  readonly group: string | null
  /** The file's name, as the database has it. */
  readonly file: string | null
}

const isPlain = (name: string) => !/^\.{0,2}$|[\\/\0]/.test(name)

/** The picture of an agent that has no folder of its own, out of the original's agents folder; none without one. */
export const find = Effect.fnUntraced(function* (root: string, { file, group, name }: Sitter, maxBytes: number) {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const own = isPlain(name)
    ? [[name], ...(group !== null && isPlain(group) ? [[`${groupPrefix}${group}`, name]] : [])]
    : []

  const filesOf = Effect.fnUntraced(function* (folder: string) {
    if (file !== null) return isPlain(file) ? [join(folder, file)] : []
    const names = yield* Effect.orElseSucceed(fs.readDirectory(folder), () => [])
    return pictureCandidates(names).map((found) => join(folder, found))
  })
  const read = Effect.fnUntraced(function* (path: string) {
    const { basename, dirname } = yield* Path.Path
    const { real, size } = yield* resolveFile(yield* enter(root, dirname(path)), basename(path))
    const bytes = size > maxBytes ? new Uint8Array() : yield* fs.readFile(real)
    return { bytes, media_type: typeOf(bytes) }
  })

  const beside = file !== null && isPlain(file) ? [join(root, file)] : []
  const paths = (yield* Effect.forEach(own, (parts) => filesOf(join(root, ...parts)))).flat()
  const found = yield* Effect.forEach([...paths, ...beside], (path) => Effect.option(read(path)))
  return Option.firstSomeOf(
    found.map((it) =>
      Option.flatMap(it, ({ bytes, media_type }) =>
        media_type === undefined ? Option.none() : Option.some({ bytes, media_type })
      )
    )
  )
})
