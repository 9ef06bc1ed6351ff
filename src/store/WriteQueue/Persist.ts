import { Duration, Effect, Schedule } from "effect"
import type { Unwritten } from "../../domain/Storage.ts"
import { Closing } from "../../process/Closing.ts"
import type { Commit } from "./Commit.ts"

/** When what the storage has refused is tried again: later each time, and not by all rooms at once. */
export const patience = Schedule.exponential("100 millis").pipe(
  Schedule.either(Schedule.spaced("2 seconds")),
  Schedule.jittered
)

type Write = <A>(write: Effect.Effect<A, never, Commit>) => Effect.Effect<A, Unwritten>

/** Writes that are tried again until they are stored, or the server's time is over. */
export const make = Effect.fnUntraced(function* (write: Write) {
  const closing = yield* Closing
  const held = new Set<object>()

  const isOver = Effect.zipWith(
    closing.begun,
    closing.left,
    (isClosing, left) => isClosing && Duration.toMillis(left) <= 0
  )
  const isFinal = (error: Unwritten) =>
    error._tag === "WriteRefused" && error.reason === "closing" ? Effect.succeed(true) : isOver

  return {
    held: Effect.sync(() => held.size),
    persist: <A>(job: Effect.Effect<A, never, Commit>) =>
      Effect.catchAll(write(job), (refusal) => {
        const mark = {}
        let first: Unwritten | null = refusal
        const again = Effect.suspend(() => {
          const failed = first
          first = null
          held.add(mark)
          return failed === null ? write(job) : Effect.fail(failed)
        })
        return again.pipe(
          Effect.retry({ schedule: patience, until: isFinal }),
          Effect.ensuring(Effect.sync(() => held.delete(mark))),
          Effect.orDie
        )
      })
  }
})
