import { Schema } from "effect"
import { exact } from "./Body.ts"
import { AgentId } from "./Agent.ts"
import { RoomId } from "./RoomId.ts"
import { Timestamp } from "./Time.ts"

/** No place came free in time; or, with nothing waited, too many wait for one already. */
export class PoolBusy extends Schema.TaggedError<PoolBusy>()("PoolBusy", {
  /** How many waited in that moment, this one among them. */
  waiting: Schema.Number,
  waitedMs: Schema.Number
}) {}

/** The clients of one kind; all but `opened`, `closed` and `evicted`, which count from the start, as they are now. */
export const PoolStats = Schema.Struct({
  /** How many may be alive at once. */
  capacity: Schema.Int,
  /** Places taken by clients that open, are leased, idle, or close. */
  alive: Schema.Int,
  leased: Schema.Int,
  idle: Schema.Int,
  opening: Schema.Int,
  /** Turns that wait for a place. */
  waiting: Schema.Int,
  opened: Schema.Int,
  closed: Schema.Int,
  /** Those of the closed that made room for another seat. */
  evicted: Schema.Int
}).annotations({ identifier: "PoolStats" })
export type PoolStats = typeof PoolStats.Type

/**
 * A place that is taken. What tells of a client is null while there is none: before it is open, and when it is gone.
 */
export const PooledSeat = Schema.Struct({
  room_id: RoomId,
  agent_id: AgentId,
  state: Schema.Literal("opening", "leased", "idle", "closing"),
  provider: Schema.NullOr(Schema.String),
  model: Schema.NullOr(Schema.String),
  opened_at: Schema.NullOr(Timestamp),
  idle_since: Schema.NullOr(Timestamp),
  pid: Schema.NullOr(Schema.Int),
  /** What the client's process keeps resident; null where there is no process, or it cannot be told. */
  memory_bytes: Schema.NullOr(Schema.Int)
})
export type PooledSeat = typeof PooledSeat.Type

export const PoolState = Schema.Struct({
  /** Clients that are a process each. */
  process: PoolStats,
  /** Clients that are no more than a connection while they speak. */
  connection: PoolStats,
  seats: Schema.Array(PooledSeat)
}).annotations({ identifier: "PoolState" })
export type PoolState = typeof PoolState.Type

/** The pool as clients of the original read it. */
export const PoolHealth = Schema.Struct({
  pool_size: Schema.Int,
  active_clients: Schema.Int,
  providers: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      pool_size: Schema.Int,
      /** `<room>:<agent>` each. */
      pool_keys: Schema.Array(Schema.String),
      pending_cleanup_tasks: Schema.Int,
      /** Places that are free; providers whose clients are of one kind share them. */
      connection_semaphore_available: Schema.Int,
      max_concurrent_connections: Schema.Int
    })
  })
})
export type PoolHealth = typeof PoolHealth.Type

/** The seats to be freed: all when nothing is named. */
export const Eviction = Schema.Struct({
  room_id: Schema.optional(RoomId),
  agent_id: Schema.optional(AgentId)
}).annotations(exact)
