import { Cause, type Clock, Deferred, Effect, Exit, Option } from "effect"
import { faultIn, type StorageFault } from "../../domain/Storage.ts"
import * as Time from "../../domain/Time.ts"
import { broke } from "../../lib/broke.ts"
import type { Statements } from "../Statements.ts"
import { Commit } from "./Commit.ts"

/** A write that waits for its commit. */
export interface Job {
  /** When, in milliseconds. */
  readonly asked: number
  /** Does the work; what it hands back is done after the commit. Fails when the whole transaction is lost. */
  readonly run: (frame: Frame, batch: number) => Effect.Effect<Effect.Effect<unknown>, StorageFault>
  readonly refuse: (fault: StorageFault) => Effect.Effect<unknown>
  readonly die: (cause: Cause.Cause<unknown>) => Effect.Effect<unknown>
}

/** What frames the writes of a transaction, each step in one statement. */
export type Frame = ReturnType<typeof frameOf>

export const frameOf = ({ command }: Statements["Type"]) => ({
  // Immediate: a deferred BEGIN can fail in the middle, when another process holds the lock.
  begin: command("BEGIN IMMEDIATE"),
  commit: command("COMMIT"),
  rollback: command("ROLLBACK"),
  save: command("SAVEPOINT write"),
  undo: command("ROLLBACK TO write"),
  release: command("RELEASE write")
})

export const make = <A, E>(reply: Deferred.Deferred<A, E | StorageFault>, write: Effect.Effect<A, E, Commit>) =>
  Effect.map(place, ({ asked, clock, tell }): Job => ({
    asked,
    run: (frame, batch) => {
      tell(batch)
      return Effect.map(attempt(frame, clock, write), (done) => settle(reply, done))
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
  return { asked, clock, tell }
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
const attempt = <A, E>(frame: Frame, clock: Clock.Clock, write: Effect.Effect<A, E, Commit>) =>
  Effect.suspend(() => {
    const hooks: Array<Effect.Effect<void>> = []
    const commit = Commit.of({
      after: (effect) => void hooks.push(effect),
      now: () => Time.at(clock.unsafeCurrentTimeMillis())
    })
    frame.save()
    return Effect.flatMap(
      Effect.exit(Effect.provideService(write, Commit, commit)),
      (exit): Effect.Effect<Attempt<A, E>, StorageFault> => {
        const fault = faultOf(exit)
        if (Option.isSome(fault)) return fault.value
        if (Exit.isFailure(exit)) frame.undo()
        frame.release()
        return Effect.succeed({ exit, hooks: Exit.isSuccess(exit) ? hooks : [] })
      }
    )
  })

const settle = <A, E>(reply: Deferred.Deferred<A, E | StorageFault>, { exit, hooks }: Attempt<A, E>) =>
  Effect.all(hooks, { discard: true }).pipe(
    Effect.catchAllCause((cause) => broke("commit", "what follows a commit failed", cause)),
    Effect.zipRight(Deferred.done(reply, exit))
  )
