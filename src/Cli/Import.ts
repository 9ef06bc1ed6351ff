import { Args, Command, Options } from "@effect/cli"
import { Console, Effect, Layer } from "effect"
import { AgentRepo } from "../Agents/Repo.ts"
import { Attachments } from "../Attachments.ts"
import { Cache } from "../Cache.ts"
import * as DataDir from "../DataDir.ts"
import * as Db from "../Db.ts"
import { Intake } from "../Documents/Intake.ts"
import { Import } from "../Import.ts"
import { MessageRepo } from "../Messages/Repo.ts"
import { Personas } from "../Personas.ts"
import { RoomRepo } from "../Rooms/Repo.ts"
import { Critiques } from "../Rounds/Critiques.ts"
import { Settings } from "../Settings.ts"
import { WriteQueue } from "../WriteQueue.ts"

const personas = Layer.unwrapEffect(
  Effect.map(Settings, ({ AGENTS_DIR, RECALL_MEMORY_FILE }) =>
    Personas.layer({ agentsDir: AGENTS_DIR, recallMemoryFile: RECALL_MEMORY_FILE })
  )
)

// Read from the bottom up. Nothing is served, and nobody speaks.
export const layer = Import.layer.pipe(
  Layer.provide(Intake.layer),
  Layer.provide(Attachments.layer),
  Layer.provide([RoomRepo.layer, MessageRepo.layer, AgentRepo.layer, Critiques.layer]),
  Layer.provide(Cache.layer({ capacity: 1 })),
  Layer.provide(WriteQueue.layer),
  Layer.provide(personas),
  Layer.provide(Db.layer),
  Layer.provide(DataDir.layer)
)

const path = Args.path({ name: "path", exists: "yes" }).pipe(
  Args.withDescription("a folder of the original, its SQLite file, or a room's export")
)
const replace = Options.boolean("replace").pipe(
  Options.withDescription("take the files of agents that are here already and differ")
)

export const command = Command.make("import", { path, replace }, (options) =>
  Effect.flatMap(Import, ({ run }) => Effect.flatMap(run(options), Console.log)).pipe(
    Effect.provide(Layer.provide(layer, Settings.layer))
  )
).pipe(
  Command.withDescription("Take over rooms, agents and settings of the original, or a room's export; ends by itself")
)
