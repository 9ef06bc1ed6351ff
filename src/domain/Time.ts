import { DateTime, Effect, Schema } from "effect"

/** UTC with milliseconds and `Z`, as stored and as sent; sorts as text. */
export const Timestamp = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  Schema.brand("Timestamp")
)
export type Timestamp = typeof Timestamp.Type

/** From epoch milliseconds. */
export const at = (millis: number): Timestamp => Timestamp.make(DateTime.formatIso(DateTime.unsafeMake(millis)))

export const now: Effect.Effect<Timestamp> = Effect.map(DateTime.now, (time) =>
  Timestamp.make(DateTime.formatIso(time))
)
