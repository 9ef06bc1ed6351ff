import { Args, Command, Options } from "@effect/cli"
import { Console, Effect, Layer } from "effect"
import { AgentRepo } from "../../store/AgentRepo.ts"
import { Attachments } from "../../store/Attachments.ts"
import { Cache } from "../../store/Cache.ts"
import * as DataDir from "../../process/DataDir.ts"
import * as Db from "../../store/Db.ts"
import { Intake } from "../../features/Intake.ts"
import { Import } from "../Import.ts"
import { copied } from "../Rehearsal.ts"
import { Memory } from "../../personas/Memory.ts"
import { MessageRepo } from "../../store/MessageRepo.ts"
import { PathLocks } from "../../personas/PathLocks.ts"
import { Personas } from "../../personas/Personas.ts"
import { Removal } from "../../engine/Removal.ts"
import { RoomRepo } from "../../store/RoomRepo.ts"
import { Critiques } from "../../store/Critiques.ts"
import { Settings } from "../../process/Settings.ts"
import { Closing } from "../../process/Closing.ts"
import { WriteQueue } from "../../store/WriteQueue.ts"

const personas = Layer.unwrapEffect(
  Effect.map(Settings, ({ AGENTS_DIR, RECALL_MEMORY_FILE }) =>
    Personas.layer({ agentsDir: AGENTS_DIR, recallMemoryFile: RECALL_MEMORY_FILE })
  )
)

const memory = Layer.unwrapEffect(
  Effect.map(Settings, ({ AGENTS_DIR, DATA_DIR }) => Memory.layer({ agentsDir: AGENTS_DIR, dataDir: DATA_DIR }))
)

// Read from the bottom up. Nothing is served, and nobody speaks.
export const layer = Import.layer.pipe(
  Layer.provide(Intake.layer),
  Layer.provide(Removal.layer),
  Layer.provide(Attachments.layer),
  Layer.provide([RoomRepo.layer, MessageRepo.layer, AgentRepo.layer, Critiques.layer]),
  Layer.provide(Cache.layer({ capacity: 1 })),
  Layer.provide(WriteQueue.layer),
  Layer.provide(Closing.layer),
  Layer.provide(Layer.merge(personas, memory)),
  Layer.provide(PathLocks.layer),
  Layer.provide(Db.layer),
  Layer.provide(DataDir.layer)
)

const path = Args.path({ name: "path", exists: "yes" }).pipe(
  Args.withDescription("a folder of the original, its SQLite file, or a room's export")
)
const replace = Options.boolean("replace").pipe(
  Options.withDescription("take the files of agents that are here already and differ")
)

const dryRun = Options.boolean("dry-run").pipe(
  Options.withDescription("only tell what would be imported and left out; also while a server runs")
)

type Wanted = Parameters<Import["Type"]["run"]>[0]

const take = (wanted: Wanted) =>
  Effect.flatMap(Import, ({ run }) => run(wanted)).pipe(Effect.provide(Layer.provide(layer, Settings.layer)))

/** Does it all to a copy of what is here, and tells what it did. */
export const rehearse = Effect.fnUntraced(function* (wanted: Wanted) {
  const { DATA_DIR } = yield* Settings
  const copy = yield* copied
  const report = yield* Effect.flatMap(Import, ({ run }) => run(wanted)).pipe(
    Effect.provide(Layer.provide(layer, Layer.succeed(Settings, copy)))
  )
  return `a dry run, which changed nothing; it would say:\n${report.replaceAll(copy.DATA_DIR, DATA_DIR)}`
}, Effect.scoped)

export const command = Command.make("import", { path, replace, dryRun }, ({ dryRun: isDry, ...wanted }) =>
  Effect.flatMap(isDry ? Effect.provide(rehearse(wanted), Settings.layer) : take(wanted), Console.log)
).pipe(
  Command.withDescription("Take over rooms, agents and settings of the original, or a room's export; ends by itself")
)
