import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { ErrorBody } from "./Error.ts"
import { PoolStats } from "./Pool.ts"
import { ProviderState } from "./ProviderState.ts"
import { SchedulerStats } from "./Scheduled.ts"
import { SettingChange } from "./Settings.ts"
import { Timestamp } from "./Time.ts"

/** What must be in order for the server to do its work. */
export const Part = Schema.Literal("closing", "queue", "lock", "database", "disk")
export type Part = typeof Part.Type

/** In bytes, on the disk of the data folder. */
export const leastFree = 16 * 2 ** 20

const words: Readonly<Record<Part, string>> = {
  closing: "it is closing",
  queue: "it takes no writes",
  lock: "another process holds the database locked",
  database: "the database does not answer, or its file is damaged, gone or changed by another program",
  disk: `the data folder cannot be written, or less than ${leastFree / 2 ** 20} MB are free on its disk`
}

export class NotReady extends Schema.TaggedError<NotReady>()(
  "NotReady",
  { ...ErrorBody, failing: Schema.Array(Part) },
  HttpApiSchema.annotations({ status: 503 })
) {
  static readonly of = (failing: ReadonlyArray<Part>) =>
    new NotReady({ failing, detail: `The server is not ready: ${failing.map((part) => words[part]).join(", ")}` })
}

export const QueueStats = Schema.Struct({
  /** Writes that wait for a commit. */
  depth: Schema.Int,
  capacity: Schema.Int,
  /** False once the server closes. */
  is_open: Schema.Boolean
}).annotations({ identifier: "QueueStats" })
export type QueueStats = typeof QueueStats.Type

/** All but `entries`, which are those of now, since the start. */
const CacheStats = Schema.Struct({
  hits: Schema.Int,
  misses: Schema.Int,
  refused_fills: Schema.Int,
  evictions: Schema.Int,
  invalidations: Schema.Int,
  /** By the kind of their groups. */
  entries: Schema.Record({ key: Schema.String, value: Schema.Int })
})

/** How often the cache could answer, since the start. */
export const CacheCounts = Schema.Struct({
  hits: Schema.Int,
  misses: Schema.Int,
  invalidations: Schema.Int,
  total_requests: Schema.Int,
  /** In percent, with two decimals; 0 as long as nothing was asked. */
  hit_rate: Schema.Number,
  /** Values held now. */
  size: Schema.Int
})
export type CacheCounts = typeof CacheCounts.Type

/** How long the event loop kept what was due waiting, in the last full quarter of a minute. */
export const LoopDelay = Schema.Struct({ p50: Schema.Number, p99: Schema.Number, max: Schema.Number })
export type LoopDelay = typeof LoopDelay.Type

const ProcessStats = Schema.Struct({
  cpu_seconds: Schema.Number,
  resident_bytes: Schema.Int,
  heap_used_bytes: Schema.Int,
  heap_total_bytes: Schema.Int,
  external_bytes: Schema.Int,
  event_loop_delay_seconds: LoopDelay,
  /** The processes of model sessions. */
  children: Schema.Int
})

/** The backups that the server takes by itself. */
export const BackupState = Schema.Struct({
  /** 0 takes none. */
  every_hours: Schema.Int,
  count: Schema.Int,
  newest_at: Schema.NullOr(Timestamp),
  /** Why the last try gave none; null when it did. */
  failure: Schema.NullOr(Schema.String)
}).annotations({ identifier: "BackupState" })
export type BackupState = typeof BackupState.Type

/** How spans fare on their way to the collector, counted from the start. */
export const SpanExportStats = Schema.Struct({
  /** Off without a collector; failing from the first batch that it did not take to the next one that it takes. */
  state: Schema.Literal("off", "well", "failing"),
  exported: Schema.Int,
  /** Those that found the buffer full, and those that the collector did not take in the end. */
  lost: Schema.Int,
  waiting: Schema.Int,
  last_error: Schema.NullOr(Schema.Struct({ reason: Schema.String, at: Timestamp }))
}).annotations({ identifier: "SpanExportStats" })
export type SpanExportStats = typeof SpanExportStats.Type

/** How the server is doing; where nothing else is said, as of now. */
export const ServerStatus = Schema.Struct({
  version: Schema.String,
  node: Schema.String,
  started_at: Timestamp,
  uptime_seconds: Schema.Number,
  /** Why it is not ready; nothing when it is. */
  failing: Schema.Array(Part),
  database: Schema.Struct({ bytes: Schema.Int, wal_bytes: Schema.Int }),
  queue: QueueStats,
  cache: CacheStats,
  streams: Schema.Struct({ open: Schema.Int, limit: Schema.Int }),
  pool: Schema.Struct({ process: PoolStats, connection: PoolStats }),
  providers: Schema.Record({ key: Schema.String, value: ProviderState }),
  scheduler: SchedulerStats,
  backups: BackupState,
  traces: SpanExportStats,
  process: ProcessStats
}).annotations({ identifier: "ServerStatus" })
export type ServerStatus = typeof ServerStatus.Type

/** What a reload found. */
export const Reloaded = Schema.Struct({
  settings: Schema.Array(SettingChange),
  /** How many agents can be used. */
  agents: Schema.Int,
  /** Folders whose files cannot be used; where an older version of an agent was good, that is in use. */
  problems: Schema.Array(Schema.Struct({ path: Schema.String, problem: Schema.String }))
})
export type Reloaded = typeof Reloaded.Type

/** Settings that cannot be used: those from before are in force, all of them. */
export class ReloadRefused extends Schema.TaggedError<ReloadRefused>()(
  "ReloadRefused",
  { ...ErrorBody, problems: Schema.Array(Schema.String) },
  HttpApiSchema.annotations({ status: 400 })
) {
  static readonly of = (problems: ReadonlyArray<string>) =>
    new ReloadRefused({ problems, detail: `The settings cannot be used: ${problems.join("; ")}` })
}
