import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { DateTime, Effect, Random } from "effect"
import { AgentRefused, AgentUnwritable } from "../domain/Agent.ts"
import type { Traits } from "../domain/Persona.ts"
import { enter, readText, type Unreadable, writeAtomic } from "../lib/files.ts"
import { PathLocks } from "./PathLocks.ts"
import { agentConfig, type personaFiles } from "./Parse.ts"
import { Settings } from "../process/Settings.ts"
import { type Edit, olderPictures, withTraits } from "./Edit.ts"
import { type AgentPlace, partsOf } from "./AgentPlace.ts"

export interface Edits {
  readonly files: ReadonlyArray<Edit>
  readonly traits: Traits
}

const textLimit = 256 * 1024

/** Writes the folders of agents; what is in them gets to the rest of the house by being read. */
export const make = Effect.gen(function* () {
  const { AGENTS_DIR } = yield* Settings
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const { alone } = yield* PathLocks
  const root = paths.resolve(AGENTS_DIR)

  const unwritable = (error: unknown) =>
    Effect.zipRight(Effect.logWarning("an agent's folder cannot be written", error), AgentUnwritable.of())
  const told = <A, R>(effect: Effect.Effect<A, PlatformError | Unreadable | AgentRefused, R>) =>
    Effect.catchTags(effect, {
      SystemError: unwritable,
      BadArgument: unwritable,
      Unreadable: ({ file, reason }) => AgentRefused.of(file, reason)
    })

  const configured = Effect.fnUntraced(function* (folder: string, traits: Traits) {
    const exists = yield* fs.exists(paths.join(folder, agentConfig))
    const before = exists ? yield* readText(yield* enter(root, folder), agentConfig, textLimit) : ""
    const content = yield* Effect.mapError(withTraits(before, traits), (reason) => AgentRefused.of(agentConfig, reason))
    return { file: agentConfig, content } satisfies Edit
  })

  const write = Effect.fnUntraced(function* (folder: string, { files, traits }: Edits) {
    const config = Object.keys(traits).length === 0 ? [] : [yield* configured(folder, traits)]
    yield* Effect.forEach([...files, ...config], ({ content, file }) =>
      content === null
        ? fs.remove(paths.join(folder, file), { force: true })
        : writeAtomic(paths.join(folder, file), content, 0o644)
    )
    const old = olderPictures(files, yield* fs.readDirectory(folder))
    yield* Effect.forEach(old, (file) => fs.remove(paths.join(folder, file), { force: true }))
  })

  const change = Effect.fnUntraced(function* (path: string, edits: Edits) {
    const folder = yield* enter(root, path)
    yield* alone(folder.path, write(folder.path, edits))
  })

  /** Names that begin with a dot are read by nobody. */
  const hidden = Effect.map(Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER), (number) =>
    paths.join(root, `.new-${number.toString(36)}`)
  )

  const bring = Effect.fnUntraced(function* (target: string, edits: Edits) {
    const draft = yield* hidden
    yield* fs.makeDirectory(draft)
    yield* write(draft, edits).pipe(
      Effect.zipRight(fs.rename(draft, target)),
      Effect.onError(() => Effect.ignore(fs.remove(draft, { recursive: true, force: true })))
    )
  })

  return {
    /** What a folder says already; nothing where there is none. */
    texts: Effect.fn("AgentFolder.texts")(
      function* (place: AgentPlace) {
        const path = paths.join(root, ...partsOf(place))
        if (!(yield* fs.exists(path))) return {}
        const folder = yield* enter(root, path)
        const read = (file: (typeof personaFiles)[number]) =>
          Effect.flatMap(fs.exists(paths.join(folder.path, file)), (exists) =>
            exists ? readText(folder, file, textLimit) : Effect.succeed("")
          )
        return { in_a_nutshell: yield* read("in_a_nutshell.md"), characteristics: yield* read("characteristics.md") }
      },
      told,
      Effect.provide(context)
    ),

    /** Makes the folder whole or not at all; one that is there already is edited where that is allowed. */
    create: Effect.fn("AgentFolder.create")(
      function* (place: AgentPlace, edits: Edits, mayExist: boolean) {
        const target = paths.join(root, ...partsOf(place))
        yield* fs.makeDirectory(paths.dirname(target), { recursive: true })
        yield* enter(root, paths.dirname(target))
        const exists = yield* fs.exists(target)
        if (exists && mayExist) yield* change(target, edits)
        if (!exists) yield* bring(target, edits)
        return !exists ? "made" : mayExist ? "edited" : "taken"
      },
      told,
      Effect.provide(context)
    ),

    /** Takes back what `create` has just made. */
    discard: (place: AgentPlace) =>
      Effect.ignoreLogged(fs.remove(paths.join(root, ...partsOf(place)), { recursive: true, force: true })),

    edit: Effect.fn("AgentFolder.edit")(change, told, Effect.provide(context)),

    /** Puts the folder out of sight, where it can be found again. */
    remove: Effect.fn("AgentFolder.remove")(
      function* (path: string) {
        const removed = paths.join(root, ".removed")
        const at = DateTime.formatIso(yield* DateTime.now).replaceAll(/[:.]/g, "-")
        const name = paths.relative(root, path).split(paths.sep).join(".")
        yield* fs.makeDirectory(removed, { recursive: true })
        yield* enter(root, removed)
        if (yield* fs.exists(path)) yield* fs.rename(path, paths.join(removed, `${name}.${at}`))
      },
      told,
      Effect.provide(context)
    ),

    /** From the path that clients are given. */
    pathOf: (config_file: string) => paths.join(paths.dirname(root), ...config_file.split("/")),
    /** The name of the agents folder itself. */
    name: paths.basename(root)
  }
})
