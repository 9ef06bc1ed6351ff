import { Schema } from "effect"

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
