import { FileSystem, Path } from "@effect/platform"
import { Data, Effect, Option } from "effect"

/** What cannot be imported at all; `reason` continues a sentence that begins with the path. */
export class SourceUnusable extends Data.TaggedError("SourceUnusable")<{
  readonly path: string
  readonly reason: string
}> {
  override get message() {
    return `${this.path} ${this.reason}`
  }
}

export interface Source {
  /** An original's SQLite file. */
  readonly database: Option.Option<string>
  readonly agents: Option.Option<string>
  /** Folders in which the files lie that its database names. */
  readonly roots: ReadonlyArray<string>
  readonly env: Option.Option<string>
  /** A room's export. */
  readonly document: Option.Option<string>
}

const none: Source = {
  database: Option.none(),
  agents: Option.none(),
  roots: [],
  env: Option.none(),
  document: Option.none()
}
const database = "chitchats.db"
const magic = "SQLite format 3\0"

const isKind = (path: string, kind: "File" | "Directory") =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.match(fs.stat(path), { onFailure: () => false, onSuccess: ({ type }) => type === kind })
  )

const firstOf = (paths: ReadonlyArray<string>, kind: "File" | "Directory") =>
  Effect.findFirst(paths, (path) => isKind(path, kind))

const head = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const file = yield* fs.open(path)
  const bytes = yield* file.readAlloc(16)
  return Option.match(bytes, { onNone: () => "", onSome: (found) => Buffer.from(found).toString("latin1") })
}, Effect.scoped)

/** What a path holds: a folder of the original, its database alone, or a room's export. */
export const find = Effect.fnUntraced(function* (path: string) {
  const { basename, dirname, join, resolve } = yield* Path.Path
  const place = resolve(path)
  const refuse = (reason: string) => new SourceUnusable({ path, reason })

  if (yield* isKind(place, "File")) {
    const start = yield* Effect.mapError(head(place), () => refuse("cannot be read"))
    if (start === magic) {
      const folder = dirname(place)
      const roots = basename(folder) === "backend" ? [folder, dirname(folder)] : [folder]
      return { ...none, roots, database: Option.some(place) }
    }
    if (/^\s*\{/.test(start)) return { ...none, document: Option.some(place) }
    return yield* refuse("is neither an SQLite database nor the export of a room")
  }
  if (!(yield* isKind(place, "Directory"))) return yield* refuse("is not there")

  const roots = [place, join(place, "backend")]
  const found: Source = {
    ...none,
    database: yield* firstOf([join(place, database), join(place, "backend", database)], "File"),
    agents: yield* firstOf([join(place, "agents")], "Directory"),
    roots,
    env: yield* firstOf(
      roots.map((root) => join(root, ".env")),
      "File"
    )
  }
  const isEmpty = [found.database, found.agents, found.env].every(Option.isNone)
  return isEmpty ? yield* refuse(`holds no ${database}, no agents and no .env`) : found
})
