import { FileSystem, Path } from "@effect/platform"
import { Console, Context, Effect, Layer, Option, ParseResult } from "effect"
import { AgentRepo } from "../store/AgentRepo.ts"
import { sheetOf } from "../personas/Sheet.ts"
import { Intake } from "../features/Intake.ts"
import { read } from "../features/ReadDocument.ts"
import type { Unwritten } from "../domain/Storage.ts"
import type { DocumentRefused } from "../domain/RoomDocument.ts"
import * as Time from "../domain/Time.ts"
import * as Agents from "./Import/Agents.ts"
import * as Env from "./Import/Env.ts"
import { drawnFolder } from "./Import/Drawn.ts"
import * as Figures from "./Import/Figures.ts"
import type { Figure } from "./Import/Message.ts"
import * as Original from "./Import/Original.ts"
import { ImportRepo } from "../store/ImportRepo.ts"
import * as Rooms from "./Import/Rooms.ts"
import * as Source from "./Import/Source.ts"
import { make as makeTally, type Tally } from "./Import/Tally.ts"
import { sha256 } from "../lib/hash.ts"
import { brief } from "../lib/text.ts"
import { Personas } from "../personas/Personas.ts"
import { Settings } from "../process/Settings.ts"
import { WriteQueue } from "../store/WriteQueue.ts"

interface Options {
  readonly path: string
  /** Takes the agents' files also where there are others of their names. */
  readonly replace: boolean
}

/** Takes over what another server has, or a room's export. For a data folder that no server holds. */
export class Import extends Context.Tag("parley/cli/Import")<
  Import,
  {
    /** What it did and what it left out, for people. A second run adds only what is new. */
    readonly run: (options: Options) => Effect.Effect<string, Source.SourceUnusable | DocumentRefused | Unwritten>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  ).pipe(Layer.provideMerge(ImportRepo.layer))
}

/** How many messages of a room are told of at once. */
const stride = 10_000

const make = Effect.gen(function* () {
  const { AGENTS_DIR, MAX_IMPORT_BYTES, USER_NAME } = yield* Settings
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path | Settings>()
  const fs = yield* FileSystem.FileSystem
  const queue = yield* WriteQueue
  const personas = yield* Personas
  const agents = yield* AgentRepo
  const intake = yield* Intake
  const repo = yield* ImportRepo
  const room = yield* Rooms.make
  const settle = yield* Figures.make
  const { join } = yield* Path.Path

  /** The agents of the folder are in the database, for rooms to seat them. */
  const enrol = Effect.gen(function* () {
    const found = yield* personas.all
    const at = yield* Time.now
    yield* queue.write(
      Effect.forEach(found, (persona) => agents.upsert(sheetOf(persona, USER_NAME), at), { discard: true })
    )
  })

  const folderIn = (roots: ReadonlyArray<string>, name: string) =>
    Effect.findFirst(
      roots.map((root) => join(root, name)),
      (path) => Effect.match(fs.stat(path), { onFailure: () => false, onSuccess: ({ type }) => type === "Directory" })
    )

  /** This server's agents, by the names that the original has for them. */
  const castOf = Effect.fnUntraced(function* (figures: ReadonlyMap<unknown, Figure>, tally: Tally) {
    const known = Array.from(figures.values())
    const ours = yield* intake.cast(known.flatMap(({ ours }) => ours ?? []))
    const pairs = known.map(({ name, ours: own }) => [name, ours.get(own ?? "")] as const)
    const strangers = pairs.flatMap(([name, agent]) => (agent === undefined ? [name] : []))
    if (strangers.length > 0) tally.note(`agents without a folder, whose words are kept: ${strangers.join(", ")}`)
    return new Map(pairs.flatMap(([name, agent]) => (agent === undefined ? [] : [[name, agent] as const])))
  })

  const database = Effect.fnUntraced(function* (
    file: string,
    { roots }: Source.Source,
    replace: boolean,
    tally: Tally
  ) {
    const original = yield* Original.open(file)
    const removed = yield* repo.removed
    const portraits = yield* folderIn(roots, "agents")
    const drawn = yield* folderIn(roots, drawnFolder)
    const figures = yield* settle(original.agents, { portraits, removed, replace, tally })
    yield* enrol
    const cast = yield* castOf(figures, tally)
    yield* Effect.forEach(original.rooms, (row, at) => {
      const count = original.countMessages(Number(row["id"]))
      const progress = (done: number) =>
        done % stride === 0 ? Console.error(`  ${done} of ${count} messages`) : Effect.void
      return Effect.zipRight(
        Console.error(`room ${at + 1} of ${original.rooms.length}: ${String(row["name"])}, ${count} messages`),
        room(row, { original, figures, cast, drawn, tally, progress })
      )
    })
    tally.left("messages of rooms that are not there", original.orphans)
    for (const { count, what } of original.foreign) tally.left(what, count)
  }, Effect.scoped)

  const document = Effect.fnUntraced(function* (file: string, tally: Tally) {
    const refuse = (reason: string) => new Source.SourceUnusable({ path: file, reason })
    const { size } = yield* Effect.orDie(fs.stat(file))
    if (size > MAX_IMPORT_BYTES) return yield* refuse(`is larger than MAX_IMPORT_BYTES=${MAX_IMPORT_BYTES}`)
    const text = yield* Effect.orDie(fs.readFileString(file))
    const source = yield* sha256([text])
    if (Option.isSome(yield* repo.find("document", source))) return tally.note(`${file} was imported before`)
    const decoded = yield* Effect.mapError(read(text), (error) => {
      if (error._tag === "NotJson") return refuse(`is no export of a room: ${error.message}`)
      const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
      return refuse(
        `is no export of a room: ${brief([issue?.path.join("."), issue?.message].filter(Boolean).join(": "), 300)}`
      )
    })
    const last = decoded.messages.at(-1)
    const mark = { last_id: last?.id ?? 0, last_timestamp: last?.timestamp ?? "" }
    const stored = yield* intake.take("admin", decoded, ({ id }) =>
      repo.put("document", source, { room_id: id, ...mark })
    )
    tally.took("rooms")
    tally.took("messages", stored.message_count)
    tally.took("images", stored.image_count)
    const { missing_agents: missing } = stored
    if (missing.length > 0) tally.note(`agents that are not here, whose words are kept: ${missing.join(", ")}`)
  })

  return Import.of({
    run: Effect.fn("Import.run")(function* ({ path, replace }) {
      const tally = makeTally()
      const source = yield* Source.find(path)
      if (Option.isSome(source.env)) yield* Env.copy(source.env.value, tally)
      if (Option.isSome(source.agents)) {
        const removed = yield* repo.removed
        yield* Agents.copy({ from: source.agents.value, to: AGENTS_DIR, removed, replace, tally })
      }
      yield* enrol
      if (Option.isSome(source.database)) yield* database(source.database.value, source, replace, tally)
      if (Option.isSome(source.document)) yield* document(source.document.value, tally)
      return tally.report()
    }, Effect.provide(context))
  })
})
