import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { Effect, Option } from "effect"
import { isPersonaName, nameRule } from "../domain/Persona.ts"
import { byText } from "../lib/text.ts"
import { legacyPictures, type Place } from "./Parse.ts"

export interface Folder extends Place {
  readonly path: string
  /** Pictures of this agent that lie beside the folders. */
  readonly legacyPictures: ReadonlyArray<string>
  /** Why the folder is not read; null when it is. */
  readonly problem: string | null
}

export interface Listing {
  readonly folders: ReadonlyArray<Folder>
  /** Every folder in which a change matters, by a key that differs when another folder takes its path. */
  readonly watchable: ReadonlyMap<string, string>
}

const concurrency = 16
export const groupPrefix = "group_"

export const isMissing = (error: PlatformError) => error._tag === "SystemError" && error.reason === "NotFound"

const claimNames = (folders: ReadonlyArray<Folder>) => {
  const owners = new Map<string, Folder>()
  return folders.map((folder): Folder => {
    if (folder.problem !== null) return folder
    const owner = owners.get(folder.name)
    if (owner) return { ...folder, problem: `the name is taken by ${owner.config_file}` }
    owners.set(folder.name, folder)
    return folder
  })
}

/** Lists `name/` and `group_X/name/`, sorted by path; of two namesakes the first is the agent. No root, no agents. */
export const list = Effect.fnUntraced(function* (root: string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const watchable = new Map<string, string>()

  const names = (path: string) =>
    Effect.map(fs.readDirectory(path), (found) => found.filter((name) => !name.startsWith(".")).toSorted(byText))

  const watch = (path: string, { birthtime, ino }: FileSystem.File.Info) => {
    const born = Option.match(birthtime, { onNone: () => 0, onSome: (time) => time.getTime() })
    watchable.set(`${path}#${Option.getOrElse(ino, () => 0)}#${born}`, path)
  }

  const rootNames = yield* Effect.catchIf(names(root), isMissing, () => Effect.succeed([]))
  const top = yield* Effect.orElseSucceed(fs.realPath(root), () => root)
  yield* Effect.ignore(Effect.map(fs.stat(root), (info) => watch(root, info)))

  const look = Effect.fnUntraced(
    function* (path: string) {
      const info = yield* fs.stat(path)
      if (info.type !== "Directory") return "no folder"
      const isLink = yield* Effect.isSuccess(fs.readLink(path))
      if (isLink && !(yield* fs.realPath(path)).startsWith(top + paths.sep)) return "outside"
      watch(path, info)
      return "folder"
    },
    Effect.orElseSucceed(() => "no folder")
  )

  const describe = (path: string, group: string | null, problem: string | null): Folder => {
    const name = paths.basename(path).normalize("NFC")
    const config_file = [paths.basename(root), ...paths.relative(root, path).split(paths.sep)].join("/")
    const pictures = legacyPictures(name, rootNames).map((file) => paths.join(root, file))
    return { path, name, group, config_file, problem, legacyPictures: pictures }
  }

  const agent = Effect.fnUntraced(function* (path: string, group: string | null) {
    const kind = yield* look(path)
    if (kind === "no folder") return []
    const folder = describe(path, group, kind === "outside" ? "is a link that leads outside" : null)
    return [
      isPersonaName(folder.name)
        ? folder
        : { ...folder, problem: `has a name that agents cannot have: one has ${nameRule}` }
    ]
  })

  const members = Effect.fnUntraced(function* (path: string) {
    const kind = yield* look(path)
    if (kind === "no folder") return []
    if (kind === "outside") return [describe(path, null, "is a link that leads outside")]
    const name = paths.basename(path).normalize("NFC").slice(groupPrefix.length)
    if (!isPersonaName(name)) return [describe(path, null, `has a name that groups cannot have: one has ${nameRule}`)]
    const found = yield* Effect.option(names(path))
    if (Option.isNone(found)) return [describe(path, null, "cannot be read")]
    const folders = yield* Effect.forEach(found.value, (file) => agent(paths.join(path, file), name), { concurrency })
    return folders.flat()
  })

  const found = yield* Effect.forEach(
    rootNames.map((name) => paths.join(root, name)),
    (path) => (paths.basename(path).startsWith(groupPrefix) ? members(path) : agent(path, null)),
    { concurrency }
  )
  const folders = claimNames(found.flat().toSorted((a, b) => byText(a.config_file, b.config_file)))
  return { folders, watchable } satisfies Listing
})
