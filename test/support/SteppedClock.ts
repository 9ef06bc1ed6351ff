import { Clock, Duration, Effect } from "effect"
import { settle } from "./settle.ts"

/** As TestClock, many times faster: it lets fibers run by yielding to them, and never waits for a real timer. */
export const make = () => {
  let now = 0
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>()

  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(now) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
    sleep: (duration) => {
      const ms = Duration.toMillis(duration)
      if (ms <= 0) return Effect.yieldNow()
      return Effect.async<void>((resume) => {
        const sleeper = { until: now + ms, wake: () => resume(Effect.void) }
        sleepers.add(sleeper)
        return Effect.sync(() => sleepers.delete(sleeper))
      })
    }
  }

  const advance = Effect.fnUntraced(function* (ms: number) {
    const end = now + ms
    while (true) {
      yield* settle
      const next = Array.from(sleepers).toSorted((one, other) => one.until - other.until)[0]
      if (next === undefined || next.until > end) break
      now = next.until
      sleepers.delete(next)
      next.wake()
    }
    now = end
  })

  return { clock, advance }
}
