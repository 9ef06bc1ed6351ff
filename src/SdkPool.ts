import { Context, Effect, Layer, Schema, type Scope } from "effect"
import type { Provider, ProviderError, Seat, Session, SessionSpec } from "./domain/Provider.ts"

export class PoolBusy extends Schema.TaggedError<PoolBusy>()("PoolBusy", { waitedMs: Schema.Number }) {}

export interface PoolOptions {
  readonly capacity: number
  readonly idleMs: number
  readonly maxWaiting: number
  readonly waitMs: number
  readonly connectMs: number
}

// First stand-in so that the rest of the house runs; its owner writes the real one over it.
export class SdkPool extends Context.Tag("parley/SdkPool")<SdkPool, {
  readonly lease: (provider: Provider, spec: SessionSpec) => Effect.Effect<Session, ProviderError | PoolBusy, Scope.Scope>
  readonly evict: (which: (seat: Seat) => boolean) => Effect.Effect<void>
}>() {
  static readonly layer = (_options: PoolOptions) =>
    Layer.succeed(this, { lease: (provider, spec) => provider.open(spec), evict: () => Effect.void })
}
