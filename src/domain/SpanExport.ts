import { Schema } from "effect"
import { Timestamp } from "./Time.ts"

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
