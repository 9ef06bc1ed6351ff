import { DateTime, Effect, Layer, Schedule } from "effect"
import { LoginRepo } from "../store/LoginRepo.ts"
import * as Time from "../domain/Time.ts"
import { broke } from "../lib/broke.ts"
import { RoomEvents } from "../store/RoomEvents.ts"
import { LiveSettings } from "../process/Settings.ts"
import { WriteQueue } from "../store/WriteQueue.ts"

const batch = 1000

/**
 * Takes away old events, and revocations of tokens that have run out, a few at a time, so that nobody waits for it.
 * Idle clients are closed by the pool itself, and the cache gives up what was not read for longest.
 */
export const layer = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { current } = yield* LiveSettings
    const events = yield* RoomEvents
    const logins = yield* LoginRepo
    const queue = yield* WriteQueue

    const prune = Effect.gen(function* () {
      const now = yield* DateTime.now
      const before = Time.Timestamp.make(DateTime.formatIso(DateTime.subtract(now, { days: current().EVENT_DAYS })))
      const gone = yield* queue.write(
        Effect.all([events.prune(before, batch), logins.prune(Time.at(now.epochMillis), batch)])
      )
      return Math.max(...gone)
    })

    yield* Effect.repeat(prune, { until: (gone) => gone < batch, schedule: Schedule.spaced("100 millis") }).pipe(
      Effect.withSpan("Housekeeping", { root: true }),
      Effect.catchAllCause((cause) => broke("housekeeping", "housekeeping could not be done", cause)),
      Effect.schedule(Schedule.spaced("1 hour")),
      Effect.forkScoped
    )
  })
)
