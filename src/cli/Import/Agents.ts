import { FileSystem, Path } from "@effect/platform"
import { Effect } from "effect"
import { byText } from "../../lib/text.ts"
import { type Folder, list } from "../../personas/Folders.ts"
import { groupConfig, personaFiles } from "../../personas/Parse.ts"
import type { Tally } from "./Tally.ts"

interface Options {
  readonly from: string
  readonly to: string
  /** Takes what differs here too, file by file; what only this side has stays. */
  readonly replace: boolean
  /** Agents that were removed here stay away, unless all is to be as it is there. */
  readonly removed: ReadonlySet<string>
  readonly tally: Tally
}

/** Copies the folders of agents that are not here. Links are not followed, and nothing is ever deleted. */
export const copy = Effect.fnUntraced(function* ({ from, removed, replace, tally, to }: Options) {
  const fs = yield* FileSystem.FileSystem
  const { basename, dirname, join, relative } = yield* Path.Path

  const filesIn = (folder: string): Effect.Effect<ReadonlyArray<string>> =>
    fs.readDirectory(folder).pipe(
      Effect.flatMap((names) =>
        Effect.forEach(
          names.filter((name) => !name.startsWith(".")).toSorted(byText),
          Effect.fnUntraced(function* (name) {
            const path = join(folder, name)
            if (yield* Effect.isSuccess(fs.readLink(path))) {
              tally.left("links among the agents' files")
              return []
            }
            const { type } = yield* fs.stat(path)
            return type === "Directory" ? yield* filesIn(path) : type === "File" ? [path] : []
          })
        )
      ),
      Effect.map((found) => found.flat()),
      Effect.orDie
    )

  const isSame = Effect.fnUntraced(function* (one: string, other: string) {
    const sizes = yield* Effect.all([fs.stat(one), fs.stat(other)])
    if (sizes[0].size !== sizes[1].size) return false
    const [first, second] = yield* Effect.all([fs.readFile(one), fs.readFile(other)])
    return Buffer.compare(first, second) === 0
  })

  const put = Effect.fnUntraced(function* (file: string, place: string) {
    yield* fs.makeDirectory(dirname(place), { recursive: true })
    // Beside and then renamed: whoever reads the folder meanwhile finds no half file.
    const draft = join(dirname(place), `.${basename(place)}.new`)
    yield* fs.copyFile(file, draft)
    yield* fs.rename(draft, place)
  })

  /** Files that are not there, and files that are there and others. */
  const compare = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
    const pairs = files.map((file) => ({ file, place: join(to, relative(from, file)) }))
    const kinds = yield* Effect.forEach(pairs, (pair) =>
      Effect.if(Effect.orDie(fs.exists(pair.place)), {
        onFalse: () => Effect.succeed({ ...pair, kind: "new" as const }),
        onTrue: () =>
          Effect.map(isSame(pair.file, pair.place), (same) => ({
            ...pair,
            kind: same ? ("same" as const) : ("other" as const)
          }))
      })
    )
    return kinds.filter(({ kind }) => kind !== "same")
  })

  const take = Effect.fnUntraced(function* (what: string, name: string, isNew: boolean, files: ReadonlyArray<string>) {
    const changes = yield* compare(files)
    if (changes.length === 0) return
    if (!isNew && !replace) {
      tally.note(`${name} differs here from what was imported, and was left as it is; --replace takes it`)
      return tally.left(`${what} that are here already and differ`)
    }
    yield* Effect.forEach(changes, ({ file, place }) => put(file, place))
    tally.took(isNew ? what : `${what}, replaced`)
  })

  const here = yield* list(to)
  const there = yield* list(from)

  const agent = Effect.fnUntraced(function* (folder: Folder) {
    const files = yield* filesIn(folder.path)
    if (!files.some((file) => personaFiles.some((name) => basename(file) === name))) return
    if (removed.has(folder.name) && !replace) {
      return tally.left("agents that were removed here; --replace takes them again", 1, folder.name)
    }
    const namesake = here.folders.find(({ name, problem }) => name === folder.name && problem === null)
    const place = join(to, relative(from, folder.path))
    if (namesake !== undefined && namesake.path !== place) {
      tally.note(`${folder.name} is here already, as ${namesake.config_file}`)
      return tally.left("agents that are here already, elsewhere in the folder")
    }
    yield* take("agents", folder.name, namesake === undefined, [...files, ...folder.legacyPictures])
  })

  yield* Effect.forEach(there.folders, (folder) => {
    if (folder.problem === null) return agent(folder)
    return Effect.sync(() => {
      tally.note(`${folder.config_file} ${folder.problem}`)
      tally.left("agents that cannot be used")
    })
  })
  const groups = new Set(there.folders.flatMap(({ group, path }) => (group === null ? [] : [dirname(path)])))
  yield* Effect.forEach(groups, (group) =>
    Effect.gen(function* () {
      const file = join(group, groupConfig)
      const isFile = (yield* Effect.isSuccess(fs.stat(file))) && !(yield* Effect.isSuccess(fs.readLink(file)))
      if (!isFile) return
      const isNew = !(yield* fs.exists(join(to, relative(from, file))))
      yield* take("groups' configurations", relative(from, file), isNew, [file])
    })
  )
}, Effect.orDie)
