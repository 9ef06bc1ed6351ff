import { Schema } from "effect"
import { RoomId } from "./RoomId.ts"
import { Timestamp } from "./Time.ts"

export const SchedulerStats = Schema.Struct({
  /** Rooms that may talk by themselves at the same time. */
  capacity: Schema.Int,
  running: Schema.Int,
  /** Rooms that are let alone after failures, and rooms whose next round decides about it. */
  breakers: Schema.Struct({ open: Schema.Int, half_open: Schema.Int })
}).annotations({ identifier: "SchedulerStats" })
export type SchedulerStats = typeof SchedulerStats.Type

/** What the scheduler is about, for the admin. */
export const SchedulerState = Schema.Struct({
  /** Rooms that may talk by themselves at the same time. */
  capacity: Schema.Int,
  running: Schema.Array(RoomId),
  /** Rooms that are switched to autonomous and may speak; the ones due first come first. */
  rooms: Schema.Array(
    Schema.Struct({
      room_id: RoomId,
      name: Schema.String,
      /** Rounds since a person spoke. */
      quiet_rounds: Schema.Int,
      due_at: Timestamp,
      breaker: Schema.Literal("closed", "open", "half_open"),
      /** Failed rounds in a row. */
      failures: Schema.Int
    })
  )
}).annotations({ identifier: "SchedulerState" })
export type SchedulerState = typeof SchedulerState.Type
