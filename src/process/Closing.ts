import { Clock, Context, Deferred, Duration, Effect, Layer } from "effect"
import { Settings } from "./Settings.ts"

/**
 * Opens once, when the server starts to drain: streams that would never end race against it, rooms start nothing new.
 */
export class Closing extends Context.Tag("parley/process/Closing")<
  Closing,
  {
    readonly begin: Effect.Effect<void>
    readonly await: Effect.Effect<void>
    readonly begun: Effect.Effect<boolean>
    /** How long what still runs may go on: one time for all of it, from the beginning of the drain. */
    readonly left: Effect.Effect<Duration.Duration>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { SHUTDOWN_SECONDS } = yield* Settings
  const gate = yield* Deferred.make<void>()
  let began: number | null = null

  return Closing.of({
    begin: Effect.flatMap(Clock.currentTimeMillis, (now) => {
      began ??= now
      return Effect.asVoid(Deferred.succeed(gate, undefined))
    }),
    await: Deferred.await(gate),
    begun: Deferred.isDone(gate),
    left: Effect.map(Clock.currentTimeMillis, (now) =>
      Duration.millis(Math.max(0, (began ?? now) + SHUTDOWN_SECONDS * 1000 - now))
    )
  })
})
