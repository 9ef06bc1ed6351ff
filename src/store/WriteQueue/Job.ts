import { SqlClient, type SqlError } from "@effect/sql"
import type { Connection } from "@effect/sql/SqlConnection"
import { Cause, Deferred, Effect, Exit, Option } from "effect"
import { faultIn, type StorageFault } from "../../domain/Storage.ts"
import { broke } from "../../lib/broke.ts"
import { Commit } from "./Commit.ts"

/** A write that waits for its commit. */
export interface Job {
  /** When, in milliseconds. */
  readonly asked: number
  /** Does the work; what it hands back is done after the commit. Fails when the whole transaction is lost. */
  readonly run: (
    connection: Connection,
    batch: number
  ) => Effect.Effect<Effect.Effect<unknown>, SqlError.SqlError | StorageFault>
  readonly refuse: (fault: StorageFault) => Effect.Effect<unknown>
  readonly die: (cause: Cause.Cause<unknown>) => Effect.Effect<unknown>
}

export const make = <A, E>(reply: Deferred.Deferred<A, E | StorageFault>, write: Effect.Effect<A, E, Commit>) =>
  Effect.map(place, ({ asked, tell }): Job => ({
    asked,
    run: (connection, batch) => {
      tell(batch)
      return Effect.map(attempt(connection, write), (done) => settle(reply, done))
    },
    refuse: (fault) => Deferred.fail(reply, fault),
    die: (cause) => Deferred.die(reply, Cause.squash(cause))
  }))

export const execute = (connection: Connection, statement: string) => connection.execute(statement, [], undefined)

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
const attempt = Effect.fnUntraced(function* <A, E>(connection: Connection, write: Effect.Effect<A, E, Commit>) {
  const hooks: Array<Effect.Effect<void>> = []
  yield* execute(connection, "SAVEPOINT write")
  const exit = yield* write.pipe(
    Effect.provideService(Commit, { after: (effect) => Effect.sync(() => void hooks.push(effect)) }),
    Effect.provideService(SqlClient.TransactionConnection, [connection, 1]),
    Effect.exit
  )
  const fault = faultOf(exit)
  if (Option.isSome(fault)) return yield* fault.value
  if (Exit.isFailure(exit)) yield* execute(connection, "ROLLBACK TO write")
  yield* execute(connection, "RELEASE write")
  return { exit, hooks: Exit.isSuccess(exit) ? hooks : [] } satisfies Attempt<A, E>
})

const settle = <A, E>(reply: Deferred.Deferred<A, E | StorageFault>, { exit, hooks }: Attempt<A, E>) =>
  Effect.all(hooks, { discard: true }).pipe(
    Effect.catchAllCause((cause) => broke("commit", "what follows a commit failed", cause)),
    Effect.zipRight(Deferred.done(reply, exit))
  )
