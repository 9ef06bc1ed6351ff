import { SqlClient } from "@effect/sql"
import type { Connection } from "@effect/sql/SqlConnection"
import {
  Cause,
  Chunk,
  Context,
  Deferred,
  Effect,
  Exit,
  Fiber,
  FiberId,
  Layer,
  Mailbox,
  Metric,
  MetricBoundaries,
  Option
} from "effect"
import { WriteRefused } from "./domain/Error.ts"
import { Settings } from "./Settings.ts"

/** Held by a write while it runs: the proof that it stands in the queue's transaction. */
export class Commit extends Context.Tag("parley/WriteQueue/Commit")<
  Commit,
  {
    /** Runs once the write is committed and before its caller is answered; dropped when the write fails. */
    readonly after: (effect: Effect.Effect<void>) => Effect.Effect<void>
  }
>() {}

export const afterCommit = (effect: Effect.Effect<void>) => Effect.flatMap(Commit, (commit) => commit.after(effect))

export class WriteQueue extends Context.Tag("parley/WriteQueue")<
  WriteQueue,
  {
    /**
     * Runs a write after all earlier ones and returns once it is committed. Writes that queue up together share one
     * transaction, yet a failing write rolls back alone. An accepted write is carried out even when its caller is
     * interrupted. Never call it inside a write: it would wait for itself.
     */
    readonly write: <A, E>(write: Effect.Effect<A, E, Commit>) => Effect.Effect<A, E | WriteRefused>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

interface Job {
  /** Does the work; what it hands back is done after the commit. */
  readonly run: (connection: Connection) => Effect.Effect<Effect.Effect<unknown>>
  readonly die: (cause: Cause.Cause<unknown>) => Effect.Effect<unknown>
}

const largestBatch = 256
const depth = Metric.gauge("parley_write_queue_depth")
const refusals = Metric.counter("parley_writes_refused_total")
export const batches = Metric.histogram(
  "parley_write_batch_size",
  MetricBoundaries.exponential({ start: 1, factor: 2, count: 9 })
)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { WRITE_QUEUE_CAPACITY } = yield* Settings
  const jobs = yield* Mailbox.make<Job>({ capacity: WRITE_QUEUE_CAPACITY, strategy: "dropping" })
  // Immediate: a deferred BEGIN can fail in the middle, when another process holds the lock.
  const begin = sql.onDialectOrElse({ sqlite: () => "BEGIN IMMEDIATE", orElse: () => "BEGIN" })

  const transact = (batch: Chunk.Chunk<Job>) =>
    Effect.flatMap(sql.reserve, (connection) => {
      const work = Effect.forEach(batch, (job) => job.run(connection))
      return execute(connection, begin).pipe(
        Effect.zipRight(Effect.zipLeft(work, execute(connection, "COMMIT"))),
        Effect.tapErrorCause(() => Effect.ignore(execute(connection, "ROLLBACK")))
      )
    }).pipe(Effect.scoped, Effect.withTracerEnabled(false))

  const commit = (batch: Chunk.Chunk<Job>) =>
    transact(batch).pipe(
      Effect.catchAllCause((cause) => Effect.succeed(Chunk.toReadonlyArray(batch).map((job) => job.die(cause)))),
      Effect.flatMap((replies) => Effect.all(replies, { discard: true })),
      Effect.zipRight(Metric.update(batches, batch.length)),
      Effect.zipRight(Metric.set(depth, waiting())),
      Effect.uninterruptible
    )

  const waiting = () => Option.getOrElse(jobs.unsafeSize(), () => 0)

  // The worker wakes with the first write; the others that the same turn of the event loop brings share its commit.
  const gather = Effect.zipWith(jobs.takeAll, Effect.zipRight(nextTurn, jobs.clear), ([first, ended], more) => ({
    accepted: Chunk.appendAll(first, more),
    ended
  }))

  const drain = Effect.flatMap(gather, ({ accepted, ended }) =>
    Effect.as(Effect.forEach(Chunk.chunksOf(accepted, largestBatch), commit, { discard: true }), ended)
  )
  const worker = yield* drain.pipe(Effect.repeat({ until: (ended) => ended }), Effect.forkScoped)
  // Registered after the fork, so that it runs before the worker's interruption and nothing accepted is lost.
  yield* Effect.addFinalizer(() => Effect.zipRight(jobs.end, Fiber.await(worker)))

  const refuse = Effect.suspend(() => WriteRefused.of(Option.isNone(jobs.unsafeSize()) ? "closing" : "full"))

  return WriteQueue.of({
    write: Effect.fnUntraced(
      function* (write) {
        const reply = Deferred.unsafeMake<Effect.Effect.Success<typeof write>, Effect.Effect.Error<typeof write>>(
          FiberId.none
        )
        const accepted = yield* jobs.offer({
          run: (connection) => Effect.map(attempt(connection, write), (done) => settle(reply, done)),
          die: (cause) => Deferred.die(reply, Cause.squash(cause))
        })
        return accepted ? yield* Deferred.await(reply) : yield* Effect.zipRight(Metric.increment(refusals), refuse)
      },
      Effect.withSpan("WriteQueue.write", { captureStackTrace: false })
    )
  })
})

const nextTurn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

const execute = (connection: Connection, statement: string) => connection.execute(statement, [], undefined)

/** One write in its own savepoint, with what it asked for after the commit. */
const attempt = Effect.fnUntraced(function* <A, E>(connection: Connection, write: Effect.Effect<A, E, Commit>) {
  const hooks: Array<Effect.Effect<void>> = []
  yield* execute(connection, "SAVEPOINT write")
  const exit = yield* write.pipe(
    Effect.provideService(Commit, { after: (effect) => Effect.sync(() => void hooks.push(effect)) }),
    Effect.provideService(SqlClient.TransactionConnection, [connection, 1]),
    Effect.exit
  )
  if (Exit.isFailure(exit)) yield* execute(connection, "ROLLBACK TO write")
  yield* execute(connection, "RELEASE write")
  return { exit, hooks: Exit.isSuccess(exit) ? hooks : [] }
}, Effect.orDie)

const settle = <A, E>(
  reply: Deferred.Deferred<A, E>,
  done: { readonly exit: Exit.Exit<A, E>; readonly hooks: ReadonlyArray<Effect.Effect<void>> }
) =>
  Effect.all(done.hooks, { discard: true }).pipe(
    Effect.catchAllCause((cause) => Effect.logError("what follows a commit failed", cause)),
    Effect.zipRight(Deferred.done(reply, done.exit))
  )
