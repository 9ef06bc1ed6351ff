import { SqlClient } from "@effect/sql"
import type { Connection } from "@effect/sql/SqlConnection"
import { Cause, Chunk, Context, Deferred, Effect, Exit, Fiber, FiberId, Layer, Mailbox, Option } from "effect"
import { WriteRefused } from "./domain/Error.ts"
import type { QueueStats } from "./domain/Status.ts"
import { broke } from "./lib/broke.ts"
import * as Meter from "./lib/metric.ts"
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
    readonly stats: Effect.Effect<QueueStats>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

interface Job {
  /** Does the work; what it hands back is done after the commit. */
  readonly run: (connection: Connection, batch: number) => Effect.Effect<Effect.Effect<unknown>>
  readonly die: (cause: Cause.Cause<unknown>) => Effect.Effect<unknown>
}

const largestBatch = 256
const refusals = Meter.counter("parley_writes_refused_total", "Writes that the queue did not take", "reason")
for (const reason of ["full", "closing"]) refusals(0, reason)
const batches = Meter.histogram(
  "parley_write_batch_size",
  "Writes that shared one commit",
  [1, 2, 4, 8, 16, 32, 64, 128, 256]
)
const commits = Meter.histogram(
  "parley_write_commit_duration_seconds",
  "From the begin of a transaction to its end on disk",
  [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10]
)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { WRITE_QUEUE_CAPACITY } = yield* Settings
  const jobs = yield* Mailbox.make<Job>({ capacity: WRITE_QUEUE_CAPACITY, strategy: "dropping" })
  // Immediate: a deferred BEGIN can fail in the middle, when another process holds the lock.
  const begin = sql.onDialectOrElse({ sqlite: () => "BEGIN IMMEDIATE", orElse: () => "BEGIN" })

  const transact = (batch: Chunk.Chunk<Job>) =>
    Effect.flatMap(sql.reserve, (connection) => {
      const work = Effect.forEach(batch, (job) => job.run(connection, batch.length))
      return execute(connection, begin).pipe(
        Effect.zipRight(Effect.zipLeft(work, execute(connection, "COMMIT"))),
        Effect.tapErrorCause(() => Effect.ignore(execute(connection, "ROLLBACK")))
      )
    }).pipe(Effect.scoped, Effect.withTracerEnabled(false))

  const commit = (batch: Chunk.Chunk<Job>) =>
    timed(transact(batch), batch.length).pipe(
      Effect.catchAllCause((cause) => Effect.succeed(Chunk.toReadonlyArray(batch).map((job) => job.die(cause)))),
      Effect.flatMap((replies) => Effect.all(replies, { discard: true })),
      Effect.uninterruptible
    )

  const timed = <A, E>(transaction: Effect.Effect<A, E>, size: number) =>
    Effect.clockWith((clock) => {
      const began = clock.unsafeCurrentTimeNanos()
      return Effect.ensuring(
        transaction,
        Effect.sync(() => {
          batches(size)
          commits(Number(clock.unsafeCurrentTimeNanos() - began) / 1e9)
        })
      )
    })

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

  const refuse = Effect.suspend(() => {
    const reason = Option.isNone(jobs.unsafeSize()) ? "closing" : "full"
    refusals(1, reason)
    return WriteRefused.of(reason)
  })

  return WriteQueue.of({
    stats: Effect.sync(() => {
      const size = jobs.unsafeSize()
      return {
        depth: Option.getOrElse(size, () => 0),
        capacity: WRITE_QUEUE_CAPACITY,
        is_open: Option.isSome(size)
      }
    }),
    write: Effect.fnUntraced(
      function* (write) {
        const reply = Deferred.unsafeMake<Effect.Effect.Success<typeof write>, Effect.Effect.Error<typeof write>>(
          FiberId.none
        )
        const tell = yield* place
        const accepted = yield* jobs.offer({
          run: (connection, batch) => {
            tell(batch)
            return Effect.map(attempt(connection, write), (done) => settle(reply, done))
          },
          die: (cause) => Deferred.die(reply, Cause.squash(cause))
        })
        return accepted ? yield* Deferred.await(reply) : yield* refuse
      },
      Effect.withSpan("WriteQueue.write", { captureStackTrace: false })
    )
  })
})

/** Tells the span of a write how long it stood in the queue, and with how many others it shares its commit. */
const place = Effect.map(Effect.all([Effect.clock, Effect.option(Effect.currentSpan)]), ([clock, span]) => {
  const asked = clock.unsafeCurrentTimeMillis()
  return (batch: number) => {
    if (Option.isNone(span) || !span.value.sampled) return
    span.value.attribute("parley.queue.wait_ms", clock.unsafeCurrentTimeMillis() - asked)
    span.value.attribute("parley.commit.batch", batch)
  }
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
    Effect.catchAllCause((cause) => broke("commit", "what follows a commit failed", cause)),
    Effect.zipRight(Deferred.done(reply, done.exit))
  )
