import { FileSystem, Path } from "@effect/platform"
import { Effect, Stream } from "effect"
import type { Bookmark } from "./Bookmark.ts"

/** Enough to hold when and for what the record was begun. */
const opening = 1024

/**
 * How the client's own record of a session begins; empty when there is none. A client whose record is taken away goes
 * on from memory and begins another, from which the session could only be resumed in part.
 */
export const beginnings = Effect.fnUntraced(function* (configFolder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const projects = path.join(configFolder, "projects")
  const begin = (file: string) =>
    fs.stream(file, { bytesToRead: opening }).pipe(
      Stream.decodeText(),
      Stream.mkString,
      Effect.orElseSucceed(() => "")
    )
  return ({ session }: Bookmark) =>
    fs.readDirectory(projects).pipe(
      Effect.orElseSucceed(() => []),
      Effect.flatMap(Effect.forEach((folder) => begin(path.join(projects, folder, `${session}.jsonl`)))),
      Effect.map((found) => found.join(""))
    )
})
