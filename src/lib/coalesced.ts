import { Effect } from "effect"
import * as Permits from "./permits.ts"

/**
 * One run at a time; callers share a run that began after they called, so none sees a result older than its call.
 * A run that fails or is interrupted is shared with nobody.
 */
export const coalesced = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  const lock = Permits.make(1)
  let begun = 0
  let done: { readonly run: number; readonly value: A } | undefined
  return Effect.suspend(() => {
    const asked = begun
    const run = Effect.suspend(() => {
      if (done !== undefined && done.run > asked) return Effect.succeed(done.value)
      const run = ++begun
      return Effect.tap(effect, (value) => Effect.sync(() => (done = { run, value })))
    })
    return lock.with(run)
  })
}
