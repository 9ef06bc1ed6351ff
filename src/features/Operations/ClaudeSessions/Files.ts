import { FileSystem, Path } from "@effect/platform"
import { Effect, Option, Stream } from "effect"
import {
  isTranscriptName,
  type Transcript,
  TranscriptNameInvalid,
  TranscriptNotFound
} from "../../../domain/Transcript.ts"
import * as Time from "../../../domain/Time.ts"
import { byText } from "../../../lib/text.ts"
import { Settings } from "../../../process/Settings.ts"
import { simplify } from "./Simplify.ts"

export interface TranscriptPage {
  /** Those older than this one. */
  readonly before?: string | undefined
  /** Those newer than this one. */
  readonly after?: string | undefined
  readonly limit: number
}

const extension = ".jsonl"
const concurrency = 16
/** Folders and files beyond this are not looked at. */
const most = 10_000

/** What the Claude client wrote down of its sessions, in files that are its own. */
export const make = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const { DATA_DIR } = yield* Settings
  const root = paths.resolve(DATA_DIR, "claude", "config", "projects")

  const names = (folder: string) =>
    Effect.map(
      Effect.orElseSucceed(fs.readDirectory(folder), () => []),
      (found) => found.filter(isTranscriptName).toSorted(byText).slice(0, most)
    )

  /** A file that is where its name says: no link is followed. */
  const place = Effect.fnUntraced(function* (project: string, id: string) {
    const top = yield* fs.realPath(root)
    const path = paths.join(top, project, `${id}${extension}`)
    const info = yield* fs.stat(path)
    const isItself = (yield* fs.realPath(path)) === path && info.type === "File"
    return yield* isItself ? Effect.succeed({ path, info }) : TranscriptNotFound.of()
  }, Effect.mapError(TranscriptNotFound.of))

  const describe = Effect.fnUntraced(function* (project: string, filename: string) {
    const id = filename.slice(0, -extension.length)
    const { info } = yield* place(project, id)
    const modified = Option.match(info.mtime, { onNone: () => 0, onSome: (date) => date.getTime() })
    return { id, filename, project, modified: Time.at(modified), size: Number(info.size) } satisfies Transcript
  })

  const inProject = Effect.fnUntraced(function* (project: string) {
    const found = yield* names(paths.join(root, project))
    const own = found.filter((name) => name.endsWith(extension) && !name.startsWith("agent-"))
    const looks = yield* Effect.forEach(own, (file) => Effect.option(describe(project, file)), { concurrency })
    return looks.flatMap(Option.toArray)
  })

  const lines = (path: string) =>
    fs.stream(path).pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.mapConcat(simplify),
      Stream.map((line) => `${line}\n`),
      Stream.encodeText
    )

  return {
    /** Newest first. */
    list: Effect.fn("Transcripts.list")(function* ({ after, before, limit }: TranscriptPage) {
      const found = (yield* Effect.forEach(yield* names(root), inProject)).flat()
      const sorted = found.toSorted((a, b) => byText(b.modified, a.modified) || byText(a.id, b.id))
      // A cursor that is gone has nothing on either side.
      const start = before === undefined ? 0 : sorted.findIndex(({ id }) => id === before) + 1 || sorted.length
      const end =
        after === undefined
          ? sorted.length
          : Math.max(
              sorted.findIndex(({ id }) => id === after),
              0
            )
      const within = sorted.slice(start, end)
      return after === undefined ? within.slice(0, limit) : within.slice(-limit)
    }),

    /** The file's content, whole or simplified; begins to be read when it is sent. */
    read: Effect.fn("Transcripts.read")(function* (project: string, id: string, simplified: boolean) {
      if (!isTranscriptName(project) || !isTranscriptName(id)) return yield* TranscriptNameInvalid.of()
      const { path } = yield* place(project, id)
      return simplified ? lines(path) : fs.stream(path)
    })
  }
})
