import { Deferred, Duration, Effect, Exit, FiberId, type Scope } from "effect"
import { nextTurn } from "./turns.ts"

interface Options {
  /** Nothing is given to others once this is another number. */
  readonly version: () => number
  /** How long, at most, an answer is given to those who come later. */
  readonly keep: Duration.DurationInput
  /** How many answers there may be at a time. */
  readonly most: number
}

/**
 * Who asks under the same key shares one run of the effect. The run begins with the next turn of the event loop, after
 * all who ask in this one. A failure is given to those who wait, and to nobody after them.
 */
export const make = <A>({
  keep,
  most,
  version
}: Options): Effect.Effect<(key: string, effect: Effect.Effect<A>) => Effect.Effect<A>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const answers = new Map<string, Deferred.Deferred<A>>()
    let of = version()

    const ask = (key: string, effect: Effect.Effect<A>) => {
      const answer = Deferred.unsafeMake<A>(FiberId.none)
      if (answers.size >= most) answers.clear()
      answers.set(key, answer)
      const forget = Effect.sync(() => {
        if (answers.get(key) === answer) answers.delete(key)
      })
      const lapse = Effect.forkIn(Effect.interruptible(Effect.zipRight(Effect.sleep(keep), forget)), scope)
      // What changes before the run is in it, but who asks after the change is not to depend on that.
      const run = Effect.zipRight(nextTurn, Effect.exit(effect)).pipe(
        Effect.tap((exit) => (Exit.isSuccess(exit) ? lapse : forget)),
        Effect.flatMap((exit) => Deferred.done(answer, exit))
      )
      // The first does it for all, also when it leaves.
      return Effect.zipRight(Effect.uninterruptible(run), Deferred.await(answer))
    }

    return (key, effect) =>
      Effect.suspend(() => {
        if (of !== version()) answers.clear()
        of = version()
        const answer = answers.get(key)
        return answer === undefined ? ask(key, effect) : Deferred.await(answer)
      })
  })
