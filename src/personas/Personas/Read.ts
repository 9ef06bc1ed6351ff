import { FileSystem, Path } from "@effect/platform"
import { Clock, Effect, Either, Option } from "effect"
import type { Persona } from "../../domain/Persona.ts"
import { enter, readText, resolveFile } from "../../lib/files.ts"
import { byText } from "../../lib/text.ts"
import { type Folder, isMissing } from "../Folders.ts"
import {
  agentConfig,
  assemble,
  fingerprinted,
  groupConfig,
  houseConfig,
  personaFiles,
  pictureCandidates,
  type Texts
} from "../Parse.ts"
import { marksOf } from "./Marks.ts"
import { misnamed, strayIn, unheeded } from "../Unheeded.ts"

/** What is known of a folder after looking at it. */
export interface Reading {
  readonly stamp: string
  /** False when the stamp could miss a change, or when something was wrong: the next look reads again. */
  readonly settled: boolean
  /** The last good persona; null while there was none. */
  readonly persona: Persona | null
  /** Real path of the persona's picture. */
  readonly picture: string | null
  readonly problem: string | null
  /** What of its configuration means nothing. */
  readonly warnings: ReadonlyArray<string>
  /** Names of the files that held text. */
  readonly filled: ReadonlySet<string>
}

export interface Library {
  readonly root: string
  /** Names of the long-term memory file, the first that a folder has is read. */
  readonly memoryFiles: ReadonlyArray<string>
}

const configs = [houseConfig, groupConfig, agentConfig]
const mostWarnings = 20
const textLimit = 256 * 1024
const pictureLimit = 8
const attempts = 3
// Clocks of file systems are coarse: within this time a second change may leave size and time as they were.
const clockGrain = 2000

/** Files that need not be there, outside the folder. */
const shared: ReadonlySet<string> = new Set([houseConfig, groupConfig])

const isFilled = (text: string | undefined) => text !== undefined && text.trim() !== ""

/** Above a folder: where a configuration may lie, and its name. */
const configsAbove = (paths: Path.Path, { root }: Library, { group, path }: Folder) => [
  ...(group === null ? [] : [{ place: paths.dirname(path), own: groupConfig }]),
  { place: root, own: houseConfig }
]

/** Which files make the persona, with their sizes, times and identities. */
const stampOf = Effect.fnUntraced(function* (library: Library, folder: Folder) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const names = (yield* fs.readDirectory(folder.path)).toSorted(byText)
  const memoryFile = library.memoryFiles.find((file) => names.includes(file)) ?? null
  const own = [...personaFiles, agentConfig, memoryFile].filter((file) => file !== null && names.includes(file))
  const above = configsAbove(paths, library, folder)
  const sources = [
    ...own.map((file) => paths.join(folder.path, file ?? "")),
    ...above.map(({ own, place }) => paths.join(place, own))
  ]
  const ownPictures = pictureCandidates(names).map((file) => paths.join(folder.path, file))
  const pictures = [...ownPictures, ...folder.legacyPictures].slice(0, pictureLimit)
  // What people may take for a configuration of the group or the house, and nobody reads.
  const strays = above.map(({ own, place }) => paths.join(place, misnamed(own)))
  const all = yield* marksOf([...new Set([...sources, ...pictures, ...strays])])
  const byPath = new Map(all.map((mark) => [mark.path, mark]))
  const marksAt = (places: ReadonlyArray<string>) => places.flatMap((path) => byPath.get(path) ?? [])
  const marks = marksAt([...sources, ...pictures])
  const stray = [
    ...strayIn(names, agentConfig).map((name) => [name, agentConfig]),
    ...above
      .filter(({ own, place }) => byPath.get(paths.join(place, misnamed(own)))?.mark !== "missing")
      .map(({ own }) => [misnamed(own), own])
  ].map(([name, own]) => `${name} is not read: the file's name is ${own}`)
  return {
    key: [...marks.map(({ mark, path }) => `${path}:${mark}`), ...stray].join("\n"),
    times: marks.map(({ time }) => time),
    sources: marksAt(sources).filter(({ mark, path }) => mark !== "missing" || !shared.has(paths.basename(path))),
    pictures,
    memoryFile,
    stray
  }
})
type Stamp = Effect.Effect.Success<ReturnType<typeof stampOf>>

const readAll = Effect.fnUntraced(function* ({ root }: Library, { sources }: Stamp) {
  const paths = yield* Path.Path
  const read = ({ path }: { readonly path: string }) =>
    Effect.flatMap(enter(root, paths.dirname(path)), (place) => {
      const file = paths.basename(path)
      return Effect.map(readText(place, file, textLimit), (text) => [file, text] as const)
    })
  const texts: Texts = Object.fromEntries(yield* Effect.forEach(sources, read, { concurrency: "unbounded" }))
  return texts
})

/** An agent's own picture lies in its own folder; only an older tree's may lie beside it. */
const choosePicture = Effect.fnUntraced(function* ({ root }: Library, folder: Folder, { pictures }: Stamp) {
  const paths = yield* Path.Path
  const resolve = Effect.fnUntraced(function* (path: string) {
    const place = folder.legacyPictures.includes(path) ? root : folder.path
    return (yield* resolveFile(yield* enter(place, place), paths.basename(path))).real
  })
  const safe = yield* Effect.forEach(pictures, (path) =>
    Effect.option(Effect.map(resolve(path), (real) => ({ path, real })))
  )
  return Option.getOrNull(Option.firstSomeOf(safe))
})

/**
 * Looks at a folder, and reads it when it is not as `previous` says. What is broken leaves the last good persona in
 * use. Fails only when the folder has gone.
 */
export const look = Effect.fnUntraced(function* (library: Library, folder: Folder, previous: Reading | undefined) {
  const paths = yield* Path.Path
  const keep = (problem: string): Reading => ({
    stamp: "",
    settled: false,
    persona: previous?.persona ?? null,
    picture: previous?.picture ?? null,
    filled: previous?.filled ?? new Set(),
    warnings: previous?.warnings ?? [],
    problem: previous?.persona ? `${problem}; the last good version is in use` : problem
  })

  const conclude = Effect.fnUntraced(function* (stamp: Stamp, texts: Texts) {
    const now = yield* Clock.currentTimeMillis
    const recent = stamp.times.some((time) => Math.abs(now - time) < clockGrain)
    const emptied = [...(previous?.filled ?? [])].find((file) => file in texts && !isFilled(texts[file]))
    // An editor empties a file before it writes: an emptied one is believed only after a while.
    if (recent && emptied !== undefined) return keep(`${emptied} is empty and has just been written`)
    const picture = yield* choosePicture(library, folder, stamp)
    const name = picture && paths.basename(picture.path)
    const draft = assemble(folder, texts, stamp.memoryFile, name)
    if (Either.isLeft(draft)) return keep(draft.left)
    return {
      stamp: stamp.key,
      settled: !recent,
      persona: yield* fingerprinted(draft.right),
      picture: picture?.real ?? null,
      problem: null,
      warnings: [...stamp.stray, ...configs.flatMap((file) => unheeded(file, texts[file]))].slice(0, mostWarnings),
      filled: new Set(Object.keys(texts).filter((file) => isFilled(texts[file])))
    } satisfies Reading
  })

  const examine = Effect.gen(function* () {
    let stamp = yield* stampOf(library, folder)
    if (previous?.settled && previous.stamp === stamp.key) return previous
    for (let attempt = 0; attempt < attempts; attempt++) {
      const texts = yield* Effect.either(readAll(library, stamp))
      const after = yield* stampOf(library, folder)
      if (after.key === stamp.key) {
        return yield* Either.match(texts, {
          onLeft: ({ message }) => Effect.succeed(keep(message)),
          onRight: (found) => conclude(stamp, found)
        })
      }
      stamp = after
    }
    return keep("changes while it is being read")
  })

  return yield* Effect.catchIf(
    examine,
    (error) => !isMissing(error),
    () => Effect.succeed(keep("cannot be read"))
  )
})
