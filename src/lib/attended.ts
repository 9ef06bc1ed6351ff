import { Effect, Exit, Fiber } from "effect"
import type { Restore } from "./restore.ts"

/**
 * Runs the effect in a fiber of its own and gives its exit. Whoever waits here and is interrupted goes on only when the
 * effect has cleaned up: a race would tell its fibers to stop and not wait for them. For regions that cannot be
 * interrupted; `begun` gets the fiber, to stop it from elsewhere.
 */
export const attended = <A, E, R>(
  restore: Restore,
  effect: Effect.Effect<A, E, R>,
  begun: (fiber: Fiber.RuntimeFiber<A, E>) => Effect.Effect<unknown> = () => Effect.void
): Effect.Effect<Exit.Exit<A, E>, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(restore(effect))
    yield* begun(fiber)
    const waited = yield* Effect.exit(restore(Fiber.await(fiber)))
    return Exit.isSuccess(waited) ? waited.value : yield* Fiber.interrupt(fiber)
  })
