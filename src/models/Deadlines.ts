import { Chunk, Clock, Effect, Option, Stream } from "effect"
import type { ProviderEvent } from "../domain/Provider.ts"
import { type ProviderError, TimedOut } from "../domain/ProviderError.ts"

export interface Deadlines {
  /** From the start to the first text, thought or tool call. */
  readonly firstTokenMs: number
  /** From then on, between one event and the next. */
  readonly idleMs: number
  /** From the start to the end. */
  readonly totalMs: number
}

type Listener<R> = (event: ProviderEvent) => Effect.Effect<void, ProviderError, R>

/**
 * Listens to a turn to its end and gives its last event. A turn that outstays a deadline fails; the provider's work is
 * interrupted, and has cleaned up when the error arrives, or when an interruption from outside is done. The same when
 * the listener fails. One that takes its time is not held against the provider, except in total.
 */
export const hear =
  ({ firstTokenMs, idleMs, totalMs }: Deadlines) =>
  <R, R2>(turn: Stream.Stream<ProviderEvent, ProviderError, R>, listen: Listener<R2>) =>
    Effect.flatMap(Clock.currentTimeMillis, (start) => {
      let phase: "first_token" | "idle" = "first_token"
      let quietSince = start
      let isListening = false
      let last: Option.Option<ProviderEvent> = Option.none()

      const silence = () => (phase === "idle" ? idleMs : firstTokenMs)
      const due = (now: number) => {
        const silent = { phase, afterMs: silence(), at: (isListening ? now : quietSince) + silence() }
        const total = { phase: "total" as const, afterMs: totalMs, at: start + totalMs }
        return silent.at <= total.at ? silent : total
      }

      // One for the whole turn: a timer for each event would cost more than all else that is done with it.
      const watch: Effect.Effect<never, TimedOut> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const { afterMs, at, phase } = due(now)
        // The first event brings the deadline nearer, to no sooner than one silence from now.
        const nap = Math.min(at - now, idleMs)
        return at <= now ? new TimedOut({ phase, afterMs }) : Effect.zipRight(Effect.sleep(nap), watch)
      })

      const take = (events: Chunk.Chunk<ProviderEvent>) => {
        // The provider said something that is no event.
        if (!Chunk.isNonEmpty(events)) return Effect.void
        phase = "idle"
        isListening = true
        last = Chunk.last(events)
        return Effect.zipRight(
          Effect.mapError(Effect.forEach(events, listen, { discard: true }), Option.some),
          Effect.map(Clock.currentTimeMillis, (now) => {
            quietSince = now
            isListening = false
          })
        )
      }

      // A pull costs a fraction of what running the stream would.
      const consume = Effect.flatMap(Stream.toPull(turn), (pull) => {
        const all: Effect.Effect<never, Option.Option<ProviderError>, R | R2> = Effect.flatMap(
          Effect.flatMap(pull, take),
          () => all
        )
        return all
      })
      const heard = Effect.catchAll(
        Effect.scoped(consume),
        Option.match({ onNone: () => Effect.succeed(last), onSome: Effect.fail })
      )
      // A race that is interrupted itself waits for its fibers only where it stands in such a region.
      return Effect.uninterruptibleMask((restore) => Effect.raceFirst(restore(heard), Effect.interruptible(watch)))
    })
