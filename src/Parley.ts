import { Effect, Layer } from "effect"
import { Agents } from "./Agents.ts"
import { AgentRepo } from "./Agents/Repo.ts"
import { Attachments } from "./Attachments.ts"
import { Auth } from "./Auth.ts"
import { Grants } from "./Auth/Grants.ts"
import { LoginRepo } from "./Auth/Repo.ts"
import { Secrets } from "./Auth/Secrets.ts"
import { Tokens } from "./Auth/Tokens.ts"
import { Backups } from "./Backups.ts"
import { Cache } from "./Cache.ts"
import { Closing } from "./Closing.ts"
import * as Db from "./Db.ts"
import { Documents } from "./Documents.ts"
import { Gates } from "./Gates.ts"
import * as Http from "./Http.ts"
import { LiveTurns } from "./LiveTurns.ts"
import { Memory } from "./Memory.ts"
import { Messages } from "./Messages.ts"
import { MessageRepo } from "./Messages/Repo.ts"
import { Metrics } from "./Metrics.ts"
import { Orchestrator } from "./Orchestrator.ts"
import { Ahead } from "./Orchestrator/Ahead.ts"
import { Briefs } from "./Orchestrator/Brief.ts"
import { Cells } from "./Orchestrator/Cells.ts"
import { Ledger } from "./Orchestrator/Ledger.ts"
import { Openings } from "./Orchestrator/Opening.ts"
import { Passes } from "./Orchestrator/Passes.ts"
import { Recovery } from "./Orchestrator/Recovery.ts"
import { RoundPlayer } from "./Orchestrator/RoundPlayer.ts"
import { Sessions } from "./Orchestrator/Sessions.ts"
import { Settlements } from "./Orchestrator/Settlement.ts"
import { Speech } from "./Orchestrator/Speech.ts"
import { Stands } from "./Orchestrator/Stand.ts"
import { Talk } from "./Orchestrator/Talk.ts"
import { Turns } from "./Orchestrator/Turn.ts"
import { PathLocks } from "./PathLocks.ts"
import { Personas } from "./Personas.ts"
import { Removal } from "./Removal.ts"
import { RoomEvents } from "./RoomEvents.ts"
import { Rooms } from "./Rooms.ts"
import { OpenStreams } from "./Rooms/OpenStreams.ts"
import { RoomRepo } from "./Rooms/Repo.ts"
import { Rounds } from "./Rounds.ts"
import { Critiques } from "./Rounds/Critiques.ts"
import { RoundRepo } from "./Rounds/Repo.ts"
import { Scheduler } from "./Scheduler.ts"
import * as Housekeeping from "./Scheduler/Housekeeping.ts"
import { SdkPool } from "./SdkPool.ts"
import { Settings } from "./Settings.ts"
import { Readiness } from "./System/Readiness.ts"
import { Status } from "./System/Status.ts"
import * as Telemetry from "./Telemetry.ts"
import * as Welcome from "./Welcome.ts"
import { WriteQueue } from "./WriteQueue.ts"

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

const rounds = RoundPlayer.layer.pipe(
  Layer.provide(Cells.layer),
  Layer.provide(Passes.layer),
  Layer.provideMerge(Turns.layer),
  Layer.provide(Ahead.layer),
  Layer.provide(Speech.layer),
  Layer.provide(Stands.layer),
  Layer.provide(Briefs.layer),
  Layer.provide(Talk.layer),
  Layer.provideMerge(Settlements.layer)
)

const repos = Layer.mergeAll(
  LoginRepo.layer,
  RoomRepo.layer,
  MessageRepo.layer,
  AgentRepo.layer,
  Ledger.layer,
  Sessions.layer,
  Critiques.layer,
  RoundRepo.layer
)

// Read from the bottom up: each line may use the lines under it, and is closed before them.

const ground = Attachments.layer.pipe(
  Layer.provideMerge(repos),
  Layer.provideMerge(RoomEvents.layer),
  Layer.provideMerge(cache),
  Layer.provideMerge(WriteQueue.layer),
  Layer.provideMerge(Closing.layer)
)

const engine = Recovery.layer.pipe(
  Layer.provideMerge(Agents.layer),
  Layer.provideMerge(Orchestrator.layer),
  Layer.provideMerge(rounds),
  Layer.provideMerge(Openings.layer),
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
  Layer.provideMerge(Rooms.layer),
  Layer.provideMerge(engine),
  Layer.provideMerge(Removal.layer),
  Layer.provideMerge(ground)
)

const auth = Auth.layer.pipe(
  Layer.provide(Tokens.layer),
  Layer.provide(Grants.layer),
  Layer.provideMerge(OpenStreams.layer)
)

const insight = Metrics.layer.pipe(
  Layer.provideMerge(Status.layer),
  Layer.provideMerge(Layer.merge(Readiness.layer, Backups.layer))
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
  Layer.provideMerge(Telemetry.layer)
)
