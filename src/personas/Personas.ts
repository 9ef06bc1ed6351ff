import { FileSystem, Path } from "@effect/platform"
import { Context, Effect, Layer, Option, PubSub, Stream, Struct } from "effect"
import { PictureNotFound } from "../domain/Agent.ts"
import { type Persona, PersonaMissing, type PersonaReport } from "../domain/Persona.ts"
import { coalesced } from "../lib/coalesced.ts"
import { type Folder, list, type Listing } from "./Folders.ts"
import { agentConfig, fingerprinted } from "./Parse.ts"
import { type Library, look, type Reading } from "./Personas/Read.ts"
import { takenIn } from "./Personas/ShownNames.ts"
import { watch } from "./Personas/Watch.ts"

export interface PersonasOptions {
  readonly agentsDir: string
  /** Name of the long-term memory file, without `.md`; the original's two names are tried after it. */
  readonly recallMemoryFile?: string
}

export class Personas extends Context.Tag("parley/personas/Personas")<
  Personas,
  {
    /** Every usable agent, sorted by folder; what they are shown as is each one's own. */
    readonly all: Effect.Effect<ReadonlyArray<Persona>>
    /**
     * The agent as its folder is now: a change is seen by the next call. A broken change leaves the last good persona
     * in use. Costs a few stats when nothing changed.
     */
    readonly get: (name: string) => Effect.Effect<Persona, PersonaMissing>
    /** Every folder that is or should be an agent, with what is wrong with it. */
    readonly report: Effect.Effect<ReadonlyArray<PersonaReport>>
    /** Real path of the agent's picture, a regular file in the agents folder. */
    readonly picture: (name: string) => Effect.Effect<string, PictureNotFound>
    /** Emits at once, then whenever an agent came, went, changed, broke or was mended. Bursts are one element. */
    readonly changes: Stream.Stream<void>
  }
>() {
  static readonly layer = (options: PersonasOptions) => Layer.scoped(this, make(options))
}

const memoryNames = ["consolidated_memory", "long_term_memory"]
const concurrency = 8

const make = Effect.fnUntraced(function* ({ agentsDir, recallMemoryFile }: PersonasOptions) {
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const changed = yield* Effect.acquireRelease(PubSub.sliding<void>(1), PubSub.shutdown)
  const root = (yield* Path.Path).resolve(agentsDir)
  const names = recallMemoryFile === undefined ? memoryNames : [recallMemoryFile, ...memoryNames]
  const library: Library = { root, memoryFiles: names.map((name) => `${name}.md`) }

  let listing: Listing = { folders: [], watchable: new Map() }
  let agents: ReadonlyMap<string, Folder> = new Map()
  let seen: string | undefined
  let taken: ReadonlyMap<string, string> = new Map()
  const readings = new Map<string, Reading>()
  const checks = new Map<string, Effect.Effect<Reading | null>>()

  const adopt = (found: Listing) => {
    listing = found
    agents = new Map(found.folders.filter(({ problem }) => problem === null).map((folder) => [folder.name, folder]))
    const paths = new Set(Array.from(agents.values(), ({ path }) => path))
    for (const path of [...readings.keys(), ...checks.keys()]) {
      if (paths.has(path)) continue
      checks.delete(path)
      readings.delete(path)
    }
  }

  const rescan = coalesced(
    Effect.matchEffect(list(root), {
      // What is there cannot be told, so nothing is taken away.
      onFailure: (error) => Effect.logWarning("the agents folder cannot be read", error),
      onSuccess: (found) => Effect.sync(() => adopt(found))
    })
  ).pipe(Effect.provide(context))

  const complain = ({ config_file, name }: Folder, warnings: ReadonlyArray<string>) =>
    Effect.forEach(warnings, (warning) => Effect.logWarning(`agent ${name}: ${warning}`), { discard: true }).pipe(
      Effect.annotateLogs({ folder: config_file })
    )

  const warn = (folder: Folder, before: Reading | undefined, { warnings }: Reading) =>
    complain(
      folder,
      warnings.filter((warning) => !before?.warnings.includes(warning))
    )

  const announce = ({ config_file, name }: Folder, before: Reading | undefined, { problem }: Reading) => {
    if (problem === (before?.problem ?? null)) return Effect.void
    const line =
      problem === null ? Effect.logInfo(`agent ${name} is good again`) : Effect.logWarning(`agent ${name}: ${problem}`)
    return Effect.annotateLogs(line, { folder: config_file })
  }

  const examine = Effect.fnUntraced(function* (folder: Folder) {
    const before = readings.get(folder.path)
    const after = yield* look(library, folder, before)
    yield* announce(folder, before, after)
    yield* warn(folder, before, after)
    readings.set(folder.path, after)
    return after
  })

  /** Null when the folder has gone. */
  const check = (folder: Folder) => {
    const known = checks.get(folder.path)
    if (known) return known
    const latest = () => listing.folders.find(({ path }) => path === folder.path) ?? folder
    const fresh = Effect.suspend(() => examine(latest())).pipe(
      Effect.orElseSucceed(() => null),
      Effect.provide(context),
      coalesced
    )
    checks.set(folder.path, fresh)
    return fresh
  }

  const tryGet = (name: string) =>
    Effect.suspend(() => {
      const folder = agents.get(name)
      return folder ? check(folder) : Effect.succeed(null)
    })

  /** The agent without a shown name that is another's. */
  const distinct = (persona: Persona) =>
    taken.has(persona.config_file)
      ? fingerprinted({ ...Struct.omit(persona, "fingerprint"), display_name: null })
      : Effect.succeed(persona)

  const clashOf = (config_file: string) =>
    Option.toArray(Option.fromNullable(taken.get(config_file))).map(
      (owner) => `${agentConfig}: display_name is a name of ${owner}`
    )

  const current = Effect.fnUntraced(function* (name: string) {
    const wanted = name.normalize("NFC")
    const reading = (yield* tryGet(wanted)) ?? (yield* Effect.zipRight(rescan, tryGet(wanted)))
    if (reading?.persona) return { persona: yield* distinct(reading.persona), picture: reading.picture }
    const refused = listing.folders.find((folder) => folder.name === wanted)
    return yield* PersonaMissing.of(name, reading?.problem ?? refused?.problem ?? "there is no such folder")
  })

  const everything = Effect.gen(function* () {
    yield* rescan
    const inspect = (folder: Folder) =>
      Effect.map(folder.problem === null ? check(folder) : Effect.succeed(null), (reading) => ({ folder, reading }))
    const looks = yield* Effect.forEach(listing.folders, inspect, { concurrency })
    const found = looks.filter(({ folder, reading }) => reading !== null || folder.problem !== null)
    const before = taken
    taken = takenIn(found.map(({ folder, reading }) => ({ folder, persona: reading?.persona ?? null })))
    const clashing = found.filter(({ folder }) => taken.has(folder.config_file) && !before.has(folder.config_file))
    yield* Effect.forEach(clashing, ({ folder }) => complain(folder, clashOf(folder.config_file)), { discard: true })
    return found
  })

  const refresh = Effect.gen(function* () {
    const looks = yield* everything
    const now = looks
      .map(({ folder, reading }) =>
        [folder.config_file, reading?.persona?.fingerprint, reading?.problem ?? folder.problem].join("|")
      )
      .join("\n")
    if (seen !== undefined && seen !== now) yield* PubSub.publish(changed, undefined)
    seen = now
    return listing.watchable
  })
  yield* watch(refresh)

  return Personas.of({
    all: Effect.flatMap(everything, (looks) =>
      Effect.forEach(
        looks.flatMap(({ reading }) => reading?.persona ?? []),
        distinct
      )
    ).pipe(Effect.withSpan("Personas.all")),
    get: Effect.fn("Personas.get")((name) => Effect.map(current(name), ({ persona }) => persona)),
    report: Effect.map(everything, (looks) =>
      looks.map(({ folder, reading }) => ({
        path: folder.config_file,
        group: folder.group,
        name: folder.name,
        problem: reading?.problem ?? folder.problem,
        warnings: [...(reading?.warnings ?? []), ...clashOf(folder.config_file)]
      }))
    ).pipe(Effect.withSpan("Personas.report")),
    picture: Effect.fn("Personas.picture")((name) =>
      current(name).pipe(
        Effect.mapError(PictureNotFound.of),
        Effect.flatMap(({ picture }) => (picture === null ? PictureNotFound.of() : Effect.succeed(picture)))
      )
    ),
    changes: Stream.unwrapScoped(
      Effect.map(PubSub.subscribe(changed), (queue) => Stream.concat(Stream.make(undefined), Stream.fromQueue(queue)))
    )
  })
})
