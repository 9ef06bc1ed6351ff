import { FileSystem, Path } from "@effect/platform"
import { Context, DateTime, Effect, Layer, Option } from "effect"
import { MemoryRefused, type Persona, RecollectionUnknown } from "../domain/Persona.ts"
import type { RoomId } from "../domain/RoomId.ts"
import { enter, readText, writeAtomic } from "../lib/files.ts"
import { newestWithin, oneLine } from "../lib/text.ts"
import { formatLine, parseLines, sanitise } from "./Memory/Entry.ts"
import { PathLocks } from "./PathLocks.ts"

export interface MemoryOptions {
  readonly agentsDir: string
  readonly dataDir: string
}

interface Note {
  readonly persona: Persona
  readonly room: { readonly id: RoomId; readonly name: string }
  readonly entry: string
}

export interface Recent {
  /** The newest entries up to the one asked for, oldest first: the same each time it is asked for. */
  readonly entries: ReadonlyArray<string>
  /** Those after it. */
  readonly later: ReadonlyArray<string>
}

/**
 * What agents write down. The room's memories lie in `DATA_DIR/memories/<room>/<agent>.md`, not in the agent's folder:
 * the folder may be shared or under version control, what is said in one room must not reach another, and a persona
 * whose folder never changes keeps its prompt. An agent with a shared memory writes its own `recent_events.md`.
 */
export class Memory extends Context.Tag("parley/personas/Memory")<
  Memory,
  {
    /**
     * On disk when it returns, as one line with its date (UTC); gives the line. A room's file keeps its newest 64 KB; a
     * shared file is never shortened but refuses what would make it larger.
     */
    readonly memorize: (note: Note) => Effect.Effect<string, MemoryRefused>
    /** What this agent wrote in this room. Shared entries are in the persona itself. */
    readonly recent: (seat: {
      readonly persona: Persona
      readonly roomId: RoomId
      /** The newest entry of an earlier call; none for all there is. */
      readonly upTo: Option.Option<string | null>
    }) => Effect.Effect<Recent>
    /** The long-term memory of this subtitle, in any case and spacing. */
    readonly recall: (persona: Persona, subtitle: string) => Effect.Effect<string, RecollectionUnknown>
    /** Removes all that was memorized in the room alone; to be called when the room is deleted. */
    readonly forget: (roomId: RoomId) => Effect.Effect<void>
  }
>() {
  static readonly layer = (options: MemoryOptions) => Layer.effect(this, make(options))
}

const fileLimit = 64 * 1024
const promptLimit = 8 * 1024
const promptLines = 50

const newest = (lines: ReadonlyArray<string>) => newestWithin(lines.slice(-promptLines), promptLimit)

const split = (lines: ReadonlyArray<string>, upTo: Option.Option<string | null>): Recent => {
  if (Option.isNone(upTo)) return { entries: newest(lines), later: [] }
  const at = upTo.value === null ? 0 : lines.lastIndexOf(upTo.value) + 1
  // The file was shortened or written by hand: what it holds now counts.
  if (at === 0 && upTo.value !== null) return { entries: newest(lines), later: [] }
  return { entries: newest(lines.slice(0, at)), later: newest(lines.slice(at)) }
}

const plain = (subtitle: string) =>
  subtitle
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s"'“”‘’[\]]+/gu, "")

const make = Effect.fnUntraced(function* ({ agentsDir, dataDir }: MemoryOptions) {
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const agentsRoot = paths.resolve(agentsDir)
  const roomsRoot = paths.resolve(dataDir, "memories")
  const { alone } = yield* PathLocks

  const roomFolder = (roomId: RoomId) => paths.join(roomsRoot, String(roomId))
  const roomFile = (roomId: RoomId, persona: Persona) =>
    paths.join(roomFolder(roomId), paths.basename(`${persona.name}.md`))
  const ownFolder = (persona: Persona) => paths.join(paths.dirname(agentsRoot), ...persona.config_file.split("/"))

  const read = Effect.fnUntraced(function* (root: string, path: string, limit: number) {
    const exists = yield* fs.exists(path)
    return exists ? yield* readText(yield* enter(root, paths.dirname(path)), paths.basename(path), limit) : ""
  })

  const appendToRoom = Effect.fnUntraced(function* ({ persona, room }: Note, line: string) {
    const path = roomFile(room.id, persona)
    yield* fs.makeDirectory(roomFolder(room.id), { recursive: true, mode: 0o700 })
    const heading = `# ${persona.name} in room ${room.id}: ${oneLine(room.name)}`
    const lines = parseLines(yield* read(roomsRoot, path, 2 * fileLimit)).map((entry) => `- ${entry}`)
    const kept = newestWithin([...lines, line], fileLimit)
    yield* writeAtomic(path, [heading, "", ...kept, ""].join("\n"), 0o600)
  })

  const appendToFolder = Effect.fnUntraced(function* ({ persona }: Note, line: string) {
    const path = paths.join(ownFolder(persona), "recent_events.md")
    const before = (yield* read(agentsRoot, path, 4 * fileLimit)).trimEnd()
    const after = before === "" ? `${line}\n` : `${before}\n${line}\n`
    if (new TextEncoder().encode(after).length > fileLimit) {
      return yield* MemoryRefused.of("full", "Your memory is full; nothing was added.")
    }
    yield* writeAtomic(path, after, 0o644)
  })

  const append = Effect.fnUntraced(function* (note: Note, line: string) {
    if (note.persona.memory_scope !== "shared") {
      return yield* alone(roomFile(note.room.id, note.persona), appendToRoom(note, line))
    }
    const folder = yield* enter(agentsRoot, ownFolder(note.persona))
    yield* alone(folder.path, appendToFolder(note, line))
  })

  const memorize = Effect.fn("Memory.memorize")(function* (note: Note) {
    const entry = yield* sanitise(note.entry)
    const line = formatLine(DateTime.formatIsoDateUtc(yield* DateTime.now), entry)
    yield* append(note, line).pipe(
      Effect.provide(context),
      Effect.catchTags({
        BadArgument: Effect.die,
        SystemError: (error) => unwritable(note.persona, error),
        Unreadable: (error) => unwritable(note.persona, error)
      })
    )
    return line
  })

  const unwritable = (persona: Persona, error: unknown) =>
    Effect.logWarning(`the memory of ${persona.name} cannot be written`, error).pipe(
      Effect.zipRight(MemoryRefused.of("unwritable", "The memory could not be kept."))
    )

  return Memory.of({
    memorize,
    recent: Effect.fn("Memory.recent")(({ persona, roomId, upTo }) =>
      read(roomsRoot, roomFile(roomId, persona), 2 * fileLimit).pipe(
        Effect.map((text) => split(parseLines(text), upTo)),
        Effect.catchAll((error) =>
          Effect.as(Effect.logWarning(`the memory of ${persona.name} cannot be read`, error), {
            entries: [],
            later: []
          })
        ),
        Effect.provide(context)
      )
    ),
    recall: Effect.fn("Memory.recall")((persona, subtitle) => {
      const exact = persona.memories.find((memory) => memory.subtitle === subtitle)
      const found = exact ?? persona.memories.findLast((memory) => plain(memory.subtitle) === plain(subtitle))
      const subtitles = persona.memories.map((memory) => memory.subtitle)
      return found ? Effect.succeed(found.body) : new RecollectionUnknown({ subtitle: oneLine(subtitle), subtitles })
    }),
    forget: Effect.fn("Memory.forget")((roomId) =>
      fs
        .remove(roomFolder(roomId), { recursive: true, force: true })
        .pipe(Effect.catchAll((error) => Effect.logWarning("a room's memories cannot be removed", error)))
    )
  })
})
