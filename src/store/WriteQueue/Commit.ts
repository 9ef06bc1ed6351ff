import { Context, Effect } from "effect"

/** Held by a write while it runs: the proof that it stands in the queue's transaction. */
export class Commit extends Context.Tag("parley/store/WriteQueue/Commit")<
  Commit,
  {
    /** Runs once the write is committed and before its caller is answered; dropped when the write fails. */
    readonly after: (effect: Effect.Effect<void>) => Effect.Effect<void>
  }
>() {}

export const afterCommit = (effect: Effect.Effect<void>) => Effect.flatMap(Commit, (commit) => commit.after(effect))
