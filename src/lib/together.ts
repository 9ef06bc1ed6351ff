import { Array, Effect, Fiber } from "effect"

/** Runs one after the other, for the way of a turn: `Effect.forEach` takes ten steps of its own before the first. */
export const inOrder = <E, R>(effects: ReadonlyArray<Effect.Effect<unknown, E, R>>) =>
  effects.reduce<Effect.Effect<unknown, E, R>>((all, effect) => Effect.zipRight(all, effect), Effect.void)

/**
 * Runs all at once; returns when all have ended, or, interrupted, when all have cleaned up. A concurrent
 * `Effect.forEach` (effect 3.22) waits for ever when it is interrupted while a fiber of its own had to yield.
 */
export const together = <A, R>(effects: ReadonlyArray<Effect.Effect<A, never, R>>) => {
  const [first] = effects
  // A single one needs no fiber of its own.
  if (first !== undefined && effects.length === 1) return Effect.map(first, Array.of)
  return Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.forEach(effects, (effect) => Effect.fork(restore(effect))),
      (fibers) => Effect.onExit(restore(Effect.forEach(fibers, Fiber.join)), () => Fiber.interruptAll(fibers))
    )
  )
}
