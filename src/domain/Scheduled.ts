import { Schema } from "effect"
import { RoomId } from "./RoomId.ts"
import { Timestamp } from "./Time.ts"

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
