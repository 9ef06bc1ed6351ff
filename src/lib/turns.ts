import { Clock, Effect } from "effect"

/** Lets the event loop do first what is due. */
export const nextTurn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

const share = 8

/** As `Effect.forEach`, for long lists of short work: nothing else waits for more than some milliseconds of it. */
export const forEachInTurns = <A, B, E, R>(
  items: Iterable<A>,
  work: (item: A, at: number) => Effect.Effect<B, E, R>
): Effect.Effect<ReadonlyArray<B>, E, R> =>
  Effect.gen(function* () {
    const done: Array<B> = []
    let began = yield* Clock.currentTimeMillis
    for (const item of items) {
      done.push(yield* work(item, done.length))
      if ((yield* Clock.currentTimeMillis) - began < share) continue
      yield* nextTurn
      began = yield* Clock.currentTimeMillis
    }
    return done
  })
