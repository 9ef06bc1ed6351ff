import type { Effect } from "effect"

/** What a region that cannot be interrupted is given, to let a part of it be. */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
