import { Chunk, Clock, Effect, Option, Stream } from "effect"
import { type ProviderError, type ProviderEvent, TimedOut } from "./domain/Provider.ts"

export interface Deadlines {
  /** From the start to the first text, thought or tool call. */
  readonly firstTokenMs: number
  /** From then on, between one event and the next. */
  readonly idleMs: number
  /** From the start to the end. */
  readonly totalMs: number
}

/**
 * Ends a turn that outstays a deadline. The provider's work is interrupted, and has cleaned up when the error arrives.
 * A listener that takes its time is not held against the provider, except in total.
 */
export const withDeadlines =
  ({ firstTokenMs, idleMs, totalMs }: Deadlines) =>
  <R>(turn: Stream.Stream<ProviderEvent, ProviderError, R>): Stream.Stream<ProviderEvent, ProviderError, R> =>
    Stream.fromPull(
      Effect.zipWith(Stream.toPull(turn), Clock.currentTimeMillis, (pull, start) => {
        // A chunk may be empty: the provider said something that is no event.
        const event = Effect.repeat(pull, { until: Chunk.isNonEmpty })
        let begun = false
        return Clock.currentTimeMillis.pipe(
          Effect.flatMap((now) => {
            const silence = begun ? limit("idle", idleMs) : limit("first_token", firstTokenMs)
            const total = limit("total", totalMs, start + totalMs - now)
            return Effect.timeoutFail(event, silence.duration <= total.duration ? silence : total)
          }),
          Effect.tap(() => Effect.sync(() => (begun = true)))
        )
      })
    )

const limit = (phase: TimedOut["phase"], afterMs: number, duration = afterMs) => ({
  duration,
  onTimeout: () => Option.some(new TimedOut({ phase, afterMs }))
})
