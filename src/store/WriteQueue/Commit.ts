import { Context, Effect } from "effect"
import type { Timestamp } from "../../domain/Time.ts"

/** Held by a write while it runs: the proof that it stands in the queue's transaction. */
export class Commit extends Context.Tag("parley/store/WriteQueue/Commit")<
  Commit,
  {
    /** Has it run once the write is committed and before its caller is answered; dropped when the write fails. */
    readonly after: (effect: Effect.Effect<void>) => void
    readonly now: () => Timestamp
  }
>() {}

export const afterCommit = (effect: Effect.Effect<void>) => Effect.map(Commit, (commit) => commit.after(effect))
