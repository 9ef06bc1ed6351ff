import { Cause, type Clock, Deferred, Effect, Option, type Tracer } from "effect"
import { faultIn, type StorageFault } from "../../domain/Storage.ts"
import { broke } from "../../lib/broke.ts"
import { inOrder } from "../../lib/together.ts"
import type { Statements } from "../Statements.ts"
import type * as Commits from "./Commit.ts"

/** A write that waits for its commit. */
export interface Job {
  /** When, in milliseconds. */
  readonly asked: number
  /** Does the work; what it hands back is done after the commit. Fails when the whole transaction is lost. */
  readonly run: (frame: Frame, batch: number) => Effect.Effect<Effect.Effect<unknown>, StorageFault, Commits.Commit>
  readonly refuse: (fault: StorageFault) => Effect.Effect<unknown>
  readonly die: (cause: Cause.Cause<unknown>) => Effect.Effect<unknown>
}

/** What frames the writes of a transaction, each step in one statement. */
export type Frame = ReturnType<typeof frameOf>

export const frameOf = (
  { command }: Statements["Type"],
  { hooks }: Pick<ReturnType<typeof Commits.make>, "hooks">
) => ({
  hooks,
  // Immediate: a deferred BEGIN can fail in the middle, when another process holds the lock.
  begin: command("BEGIN IMMEDIATE"),
  commit: command("COMMIT"),
  rollback: command("ROLLBACK"),
  save: command("SAVEPOINT write"),
  undo: command("ROLLBACK TO write"),
  release: command("RELEASE write")
})

/** `asked` is when; the span is told how long the write stood in the queue, and with how many it shares its commit. */
export const make = <A, E>(
  write: Effect.Effect<A, E, Commits.Commit>,
  reply: Deferred.Deferred<A, E | StorageFault>,
  span: Tracer.Span,
  clock: Clock.Clock
): Job => {
  const asked = clock.unsafeCurrentTimeMillis()
  return {
    asked,
    run: (frame, batch) => {
      if (span.sampled) {
        span.attribute("parley.queue.wait_ms", clock.unsafeCurrentTimeMillis() - asked)
        span.attribute("parley.commit.batch", batch)
      }
      return attempt(frame, write, reply)
    },
    refuse: (fault) => Deferred.fail(reply, fault),
    die: (cause) => Deferred.die(reply, Cause.squash(cause))
  }
}

/**
 * One write in its own savepoint; gives what it asked for after the commit, and the answer. Where the storage refuses
 * a statement, the transaction is given up, as where it refuses the commit: on some faults SQLite has ended it already.
 */
const attempt = <A, E>(
  { hooks, release, save, undo }: Frame,
  write: Effect.Effect<A, E, Commits.Commit>,
  reply: Deferred.Deferred<A, E | StorageFault>
) =>
  Effect.suspend(() => {
    hooks()
    save()
    return Effect.matchCauseEffect(write, {
      onFailure: (cause): Effect.Effect<Effect.Effect<unknown>, StorageFault> => {
        const fault = faultIn(cause)
        if (Option.isSome(fault)) return fault.value
        undo()
        release()
        return Effect.succeed(Deferred.failCause(reply, cause))
      },
      onSuccess: (value) => {
        release()
        return Effect.succeed(Effect.zipRight(followed(hooks()), Deferred.succeed(reply, value)))
      }
    })
  })

const followed = (hooks: ReadonlyArray<Effect.Effect<void>>) =>
  Effect.catchAllCause(inOrder(hooks), (cause) => broke("commit", "what follows a commit failed", cause))
