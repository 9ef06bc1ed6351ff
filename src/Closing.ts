import { Context, Deferred, Effect, Layer } from "effect"

/** Opens once, when the server starts to drain: streams that would never end race against it, rooms start nothing new. */
export class Closing extends Context.Tag("parley/Closing")<Closing, {
  readonly begin: Effect.Effect<void>
  readonly await: Effect.Effect<void>
  readonly begun: Effect.Effect<boolean>
}>() {
  static readonly layer = Layer.effect(this, Effect.map(Deferred.make<void>(), (gate) => ({
    begin: Effect.asVoid(Deferred.succeed(gate, undefined)),
    await: Deferred.await(gate),
    begun: Deferred.isDone(gate)
  })))
}
