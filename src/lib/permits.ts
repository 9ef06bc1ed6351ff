import { Deferred, Effect, Exit, FiberId } from "effect"
import type { Restore } from "./restore.ts"

interface Waiter {
  isServed: boolean
  readonly served: Deferred.Deferred<void>
}

/**
 * Lets so many in at once, the others in the order of their coming. In place of Effect's semaphore (3.22), which loses
 * a permit for ever when the fiber that gets it has to yield in that moment and is interrupted.
 */
export const make = (count: number) => {
  let free = count
  const line = new Set<Waiter>()

  const release = () => {
    free++
    for (const waiter of line) {
      if (free === 0) return
      free--
      line.delete(waiter)
      waiter.isServed = true
      Deferred.unsafeDone(waiter.served, Exit.void)
    }
  }

  const leave = (waiter: Waiter) => (waiter.isServed ? release() : void line.delete(waiter))

  const take = (restore: Restore) => {
    if (free > 0) {
      free--
      return Effect.void
    }
    const waiter: Waiter = { isServed: false, served: Deferred.unsafeMake(FiberId.none) }
    line.add(waiter)
    return Effect.onInterrupt(restore(Deferred.await(waiter.served)), () => Effect.sync(() => leave(waiter)))
  }

  const released = <A, E>(exit: Exit.Exit<A, E>) => {
    release()
    return exit
  }

  return {
    /** Whether a permit can be had at once. */
    isFree: () => free > 0,
    /** Runs the effect with a permit. */
    with: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(take(restore), () =>
          Effect.matchCauseEffect(restore(effect), {
            onFailure: (cause) => released(Exit.failCause(cause)),
            onSuccess: (value) => released(Exit.succeed(value))
          })
        )
      ),
    /** A permit until the scope closes. */
    scoped: Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        take(restore),
        Effect.addFinalizer(() => Effect.sync(release))
      )
    )
  }
}
