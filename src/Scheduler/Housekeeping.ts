import { DateTime, Effect, Layer, Schedule } from "effect"
import { Timestamp } from "../domain/Time.ts"
import { RoomEvents } from "../RoomEvents.ts"
import { Settings } from "../Settings.ts"
import { WriteQueue } from "../WriteQueue.ts"

const batch = 1000

/**
 * Takes away old events, a few at a time, so that nobody waits for it. Idle clients are closed by the pool itself, and
 * the cache gives up what was not read for longest.
 */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { EVENT_DAYS } = yield* Settings
    const events = yield* RoomEvents
    const queue = yield* WriteQueue

    const prune = Effect.gen(function* () {
      const now = yield* DateTime.now
      const before = Timestamp.make(DateTime.formatIso(DateTime.subtract(now, { days: EVENT_DAYS })))
      return yield* queue.write(events.prune(before, batch))
    })

    yield* Effect.repeat(prune, { until: (gone) => gone < batch, schedule: Schedule.spaced("100 millis") }).pipe(
      Effect.withSpan("Housekeeping", { root: true }),
      Effect.catchAllCause((cause) => Effect.logWarning("housekeeping could not be done", cause)),
      Effect.schedule(Schedule.spaced("1 hour")),
      Effect.forkScoped
    )
  })
)
