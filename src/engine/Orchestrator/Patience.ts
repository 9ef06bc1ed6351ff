import { Schedule } from "effect"

/** When what the storage has refused is tried again: later each time, and not by all rooms at once. */
export const patience = Schedule.exponential("100 millis").pipe(
  Schedule.either(Schedule.spaced("2 seconds")),
  Schedule.jittered
)
