import { Clock, Effect, Option, type Scope } from "effect"
import type { Events, ProviderEvent } from "../domain/Provider.ts"
import { type ProviderError, TimedOut } from "../domain/ProviderError.ts"

export interface Deadlines {
  /** From the start to the first text, thought or tool call. */
  readonly firstTokenMs: number
  /** From then on, between one event and the next. */
  readonly idleMs: number
  /** From the start to the end. */
  readonly totalMs: number
}

/** Takes an event in one step; gives the error with which the turn is to end, if it is. */
type Listener = (event: ProviderEvent) => ProviderError | null

/**
 * Listens to a turn to its end and gives its last event. A turn that outstays a deadline fails; the provider's work is
 * interrupted, and has cleaned up when the error arrives, or when an interruption from outside is done. The same when
 * the listener ends it.
 */
export const hear =
  ({ firstTokenMs, idleMs, totalMs }: Deadlines) =>
  (turn: Effect.Effect<Events, ProviderError, Scope.Scope>, listen: Listener) =>
    Effect.clockWith((clock) => {
      const start = clock.unsafeCurrentTimeMillis()
      let phase: "first_token" | "idle" = "first_token"
      let quietSince = start
      let last: Option.Option<ProviderEvent> = Option.none()

      const silence = () => (phase === "idle" ? idleMs : firstTokenMs)
      const due = () => {
        const silent = { phase, afterMs: silence(), at: quietSince + silence() }
        const total = { phase: "total" as const, afterMs: totalMs, at: start + totalMs }
        return silent.at <= total.at ? silent : total
      }

      // One for the whole turn: a timer for each event would cost more than all else that is done with it.
      const watch: Effect.Effect<never, TimedOut> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const { afterMs, at, phase } = due()
        // The first event brings the deadline nearer, to no sooner than one silence from now.
        const nap = Math.min(at - now, idleMs)
        return at <= now ? new TimedOut({ phase, afterMs }) : Effect.zipRight(Effect.sleep(nap), watch)
      })

      /** Gives the error with which the listener ends the turn. */
      const take = (events: ReadonlyArray<ProviderEvent>) => {
        // The provider may have said something that is no event.
        for (const event of events) {
          phase = "idle"
          last = Option.some(event)
          quietSince = clock.unsafeCurrentTimeMillis()
          const error = listen(event)
          if (error !== null) return error
        }
        return null
      }

      const consume = Effect.flatMap(Effect.mapError(turn, Option.some), (next) => {
        const all: Effect.Effect<never, Option.Option<ProviderError>> = Effect.flatMap(next, (events) => {
          const error = take(events)
          return error === null ? all : Effect.fail(Option.some(error))
        })
        return all
      })
      const heard = Effect.catchAll(
        Effect.scoped(consume),
        Option.match({ onNone: () => Effect.succeed(last), onSome: Effect.fail })
      )
      // A race that is interrupted itself waits for its fibers only where it stands in such a region.
      return Effect.uninterruptibleMask((restore) => Effect.raceFirst(restore(heard), Effect.interruptible(watch)))
    })
