import { Cause, Deferred, Effect, Exit, Option } from "effect"
import { faultIn, type StorageFault } from "../../domain/Storage.ts"
import { broke } from "../../lib/broke.ts"
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

export const make = <A, E>(reply: Deferred.Deferred<A, E | StorageFault>, write: Effect.Effect<A, E, Commits.Commit>) =>
  Effect.map(place, ({ asked, tell }): Job => ({
    asked,
    run: (frame, batch) => {
      tell(batch)
      return Effect.map(attempt(frame, write), (done) => settle(reply, done))
    },
    refuse: (fault) => Deferred.fail(reply, fault),
    die: (cause) => Deferred.die(reply, Cause.squash(cause))
  }))

/** Tells the span of a write how long it stood in the queue, and with how many others it shares its commit. */
const place = Effect.map(Effect.all([Effect.clock, Effect.option(Effect.currentSpan)]), ([clock, span]) => {
  const asked = clock.unsafeCurrentTimeMillis()
  const tell = (batch: number) => {
    if (Option.isNone(span) || !span.value.sampled) return
    span.value.attribute("parley.queue.wait_ms", clock.unsafeCurrentTimeMillis() - asked)
    span.value.attribute("parley.commit.batch", batch)
  }
  return { asked, tell }
})

interface Attempt<A, E> {
  readonly exit: Exit.Exit<A, E>
  readonly hooks: ReadonlyArray<Effect.Effect<void>>
}

const faultOf = <A, E>(exit: Exit.Exit<A, E>) => (Exit.isFailure(exit) ? faultIn(exit.cause) : Option.none())

/**
 * One write in its own savepoint, with what it asked for after the commit. Where the storage refuses a statement the
 * transaction is given up, as where it refuses the commit: on some faults SQLite has ended it already.
 */
const attempt = <A, E>({ hooks, release, save, undo }: Frame, write: Effect.Effect<A, E, Commits.Commit>) =>
  Effect.suspend(() => {
    hooks()
    save()
    return Effect.flatMap(Effect.exit(write), (exit): Effect.Effect<Attempt<A, E>, StorageFault> => {
      const fault = faultOf(exit)
      if (Option.isSome(fault)) return fault.value
      const asked = hooks()
      if (Exit.isFailure(exit)) undo()
      release()
      return Effect.succeed({ exit, hooks: Exit.isSuccess(exit) ? asked : [] })
    })
  })

const settle = <A, E>(reply: Deferred.Deferred<A, E | StorageFault>, { exit, hooks }: Attempt<A, E>) =>
  Effect.all(hooks, { discard: true }).pipe(
    Effect.catchAllCause((cause) => broke("commit", "what follows a commit failed", cause)),
    Effect.zipRight(Deferred.done(reply, exit))
  )
