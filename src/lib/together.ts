import { Effect, Fiber } from "effect"

/**
 * Runs all at once; returns when all have ended, or, interrupted, when all have cleaned up. A concurrent
 * `Effect.forEach` (effect 3.22) waits for ever when it is interrupted while a fiber of its own had to yield.
 */
export const together = <A, R>(effects: ReadonlyArray<Effect.Effect<A, never, R>>) => {
  // A single one needs no fiber of its own.
  if (effects.length <= 1) return Effect.all(effects)
  return Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.forEach(effects, (effect) => Effect.fork(restore(effect))),
      (fibers) => Effect.onExit(restore(Effect.forEach(fibers, Fiber.join)), () => Fiber.interruptAll(fibers))
    )
  )
}
