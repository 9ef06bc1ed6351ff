import { type Clock, Context, Effect } from "effect"
import type { Timestamp } from "../../domain/Time.ts"
import * as Time from "../../domain/Time.ts"

/** Held by a write while it runs: the proof that it stands in the queue's transaction. */
export class Commit extends Context.Tag("parley/store/WriteQueue/Commit")<
  Commit,
  {
    /** Has it run once the write is committed and before its caller is answered; dropped when the write fails. */
    readonly after: (effect: Effect.Effect<void>) => void
    readonly now: () => Timestamp
  }
>() {}

/** That of the worker, which carries out one write after the other. */
export const make = (clock: Clock.Clock) => {
  let hooks: Array<Effect.Effect<void>> = []
  return {
    service: Commit.of({
      after: (effect) => void hooks.push(effect),
      now: () => Time.at(clock.unsafeCurrentTimeMillis())
    }),
    /** What the write under way has asked for since this was asked last. */
    hooks: () => {
      const asked = hooks
      hooks = []
      return asked
    }
  }
}

/** Has it run nowhere but in a write. */
export const within = <A, E, R>(statement: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Commit> => statement

export const afterCommit = (effect: Effect.Effect<void>) => Effect.map(Commit, (commit) => commit.after(effect))
