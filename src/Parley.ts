import { Cause, Effect, Exit, Layer } from "effect"
import { Agents } from "./features/Agents.ts"
import { AgentRepo } from "./store/AgentRepo.ts"
import { Attachments } from "./store/Attachments.ts"
import { Auth } from "./features/Auth.ts"
import { LoginRepo } from "./store/LoginRepo.ts"
import { Secrets } from "./process/Secrets.ts"
import { Backups } from "./store/Backups.ts"
import { Cache } from "./store/Cache.ts"
import { Closing } from "./process/Closing.ts"
import * as Db from "./store/Db.ts"
import { Documents } from "./features/Documents.ts"
import { Gates } from "./models/Gates.ts"
import * as Http from "./http/Http.ts"
import { LiveTurns } from "./engine/LiveTurns.ts"
import { Memory } from "./personas/Memory.ts"
import { Messages } from "./features/Messages.ts"
import { MessageRepo } from "./store/MessageRepo.ts"
import { Metrics } from "./features/Operations/Metrics.ts"
import { Orchestrator } from "./engine/Orchestrator.ts"
import { Ledger } from "./store/Ledger.ts"
import { Operations } from "./store/Operations.ts"
import { AskedRepo } from "./store/AskedRepo.ts"
import { Openings } from "./store/Openings.ts"
import { Recovery } from "./engine/Recovery.ts"
import { Sessions } from "./store/Sessions.ts"
import { PathLocks } from "./personas/PathLocks.ts"
import { Personas } from "./personas/Personas.ts"
import { Removal } from "./engine/Removal.ts"
import { RoomEvents } from "./store/RoomEvents.ts"
import { Rooms } from "./features/Rooms.ts"
import { Seats } from "./features/Seats.ts"
import { OpenStreams } from "./features/OpenStreams.ts"
import { RoomRepo } from "./store/RoomRepo.ts"
import { Rounds } from "./features/Rounds.ts"
import { Critiques } from "./store/Critiques.ts"
import { RoundRepo } from "./store/RoundRepo.ts"
import { Scheduler } from "./engine/Scheduler.ts"
import * as Housekeeping from "./engine/Housekeeping.ts"
import { SdkPool } from "./models/SdkPool.ts"
import { Settings } from "./process/Settings.ts"
import { Readiness } from "./features/Operations/Readiness.ts"
import { Status } from "./features/Operations/Status.ts"
import * as Telemetry from "./telemetry/Telemetry.ts"
import * as Welcome from "./features/Welcome.ts"
import { WriteQueue } from "./store/WriteQueue.ts"

const from = <A, E, R>(build: (settings: Settings["Type"]) => Layer.Layer<A, E, R>) =>
  Layer.unwrapEffect(Effect.map(Settings, build))

// An agent's process takes 0.2 GB.
const roomy = 2 ** 30

const pool = from((settings) =>
  SdkPool.layer({
    capacity: settings.AGENT_POOL_MAX_SIZE,
    connections: settings.AGENT_CONNECTIONS,
    isRoomy: () => process.availableMemory() > roomy,
    idleMs: settings.AGENT_POOL_IDLE_SECONDS * 1000,
    maxWaiting: settings.AGENT_POOL_MAX_WAITING,
    waitMs: settings.AGENT_POOL_LOCK_TIMEOUT * 1000,
    connectMs: settings.AGENT_QUERY_TIMEOUT * 1000
  })
)

const personas = from((settings) =>
  Personas.layer({ agentsDir: settings.AGENTS_DIR, recallMemoryFile: settings.RECALL_MEMORY_FILE })
)

const memory = from((settings) => Memory.layer({ agentsDir: settings.AGENTS_DIR, dataDir: settings.DATA_DIR }))

const cache = from((settings) => Cache.layer({ capacity: settings.CACHE_CAPACITY }))

const repos = Layer.mergeAll(
  LoginRepo.layer,
  RoomRepo.layer,
  MessageRepo.layer,
  AgentRepo.layer,
  Ledger.layer,
  AskedRepo.layer,
  Sessions.layer,
  Critiques.layer,
  RoundRepo.layer
)

// Read from the bottom up: each line may use the lines under it, and is closed before them.

const ground = Operations.layer.pipe(
  Layer.provideMerge(Openings.layer),
  Layer.provideMerge(Attachments.layer),
  Layer.provideMerge(repos),
  Layer.provideMerge(RoomEvents.layer),
  Layer.provideMerge(cache),
  Layer.provideMerge(WriteQueue.layer),
  Layer.provideMerge(Closing.layer)
)

const engine = Recovery.layer.pipe(
  Layer.provideMerge(Agents.layer),
  Layer.provideMerge(Orchestrator.layer),
  Layer.provideMerge(Gates.layer),
  Layer.provideMerge(pool),
  Layer.provideMerge(LiveTurns.layer)
)

/** All that happens in rooms, without a door to the world; over a database, and what agents are and remember. */
export const withoutDoors = Scheduler.layer.pipe(
  Layer.provideMerge(Housekeeping.layer),
  Layer.provideMerge(Rounds.layer),
  Layer.provideMerge(Documents.layer),
  Layer.provideMerge(Messages.layer),
  Layer.provideMerge(Seats.layer),
  Layer.provideMerge(Rooms.layer),
  Layer.provideMerge(engine),
  Layer.provideMerge(Removal.layer),
  Layer.provideMerge(ground)
)

const auth = Layer.provideMerge(Auth.layer, OpenStreams.layer)

const insight = Metrics.layer.pipe(
  Layer.provideMerge(Status.layer),
  Layer.provideMerge(Layer.merge(Readiness.layer, Backups.layer))
)

/** The last word of a server that was told to end: all that stood on it has ended by then. */
const farewell = Layer.scopedDiscard(
  Effect.addFinalizer((exit) =>
    Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)
      ? Effect.void
      : Effect.logInfo("Parley has ended, and all is kept")
  )
)

/** The whole house but its settings, providers and doors to the world. */
export const layer = Welcome.layer.pipe(
  Layer.provideMerge(Recovery.layerGoingOn),
  Layer.provideMerge(Http.layer),
  Layer.provideMerge(insight),
  Layer.provideMerge(auth),
  Layer.provideMerge(withoutDoors),
  Layer.provideMerge(Layer.merge(personas, memory)),
  Layer.provideMerge(PathLocks.layer),
  Layer.provideMerge(Secrets.layer),
  Layer.provideMerge(Db.layer),
  Layer.provideMerge(farewell),
  Layer.provideMerge(Telemetry.layer)
)
