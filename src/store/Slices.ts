import { Duration, Effect } from "effect"
import type { Unwritten } from "../domain/Storage.ts"
import type { Commit, WriteQueue } from "./WriteQueue.ts"

/** Milliseconds that a slice should work; its commit takes about as long again, however small it is. */
const aim = 6

interface Slices<E> {
  /** The size of the first slice, in whatever the step counts. */
  readonly first: number
  readonly largest: number
  /** Does about so much; false when nothing is left. It stands in a transaction of its own, and may be run again. */
  readonly step: (size: number) => Effect.Effect<boolean, E, Commit>
}

/**
 * Carries out a write of any length in slices that take some milliseconds each. Their size follows what the last one
 * took, and others write in as long a pause after each. Those that are committed stay when a later one fails.
 */
export const inSlices = <E>(
  { write }: WriteQueue["Type"],
  { first, largest, step }: Slices<E>
): Effect.Effect<void, E | Unwritten> =>
  Effect.gen(function* () {
    const { currentTimeNanos } = yield* Effect.clock
    const since = (began: bigint) => Effect.map(currentTimeNanos, (now) => Number(now - began) / 1e6)
    let size = first
    while (true) {
      // How long it stands in the queue is no matter of its size.
      const slice = Effect.gen(function* () {
        const began = yield* currentTimeNanos
        const more = yield* step(size)
        return { began, more, worked: yield* since(began) }
      })
      const { began, more, worked } = yield* write(slice)
      if (!more) return
      size = Math.round(Math.min(largest, Math.max(1, size * Math.min(2, aim / Math.max(worked, 0.1)))))
      yield* Effect.sleep(Duration.millis(yield* since(began)))
    }
  })
