import { Array, Cause, Context, Deferred, Effect, Fiber, FiberId, Layer, Option } from "effect"
import { DbFile } from "./DbFile.ts"
import { WriteRefused } from "../domain/Error.ts"
import type { QueueStats } from "../domain/Status.ts"
import { faultIn, isLocked, type StorageFault, StorageUnavailable, type Unwritten } from "../domain/Storage.ts"
import * as Bell from "../lib/bell.ts"
import * as Meter from "../lib/metric.ts"
import { inOrder } from "../lib/together.ts"
import { nextTurn } from "../lib/turns.ts"
import { Settings } from "../process/Settings.ts"
import * as Commits from "./WriteQueue/Commit.ts"
import { Commit } from "./WriteQueue/Commit.ts"
import * as Job from "./WriteQueue/Job.ts"
import { Statements } from "./Statements.ts"
import * as Persist from "./WriteQueue/Persist.ts"
import * as TakeOver from "./WriteQueue/TakeOver.ts"

export { afterCommit, Commit, within } from "./WriteQueue/Commit.ts"
export { patience } from "./WriteQueue/Persist.ts"

export class WriteQueue extends Context.Tag("parley/store/WriteQueue")<
  WriteQueue,
  {
    /**
     * Runs a write after all earlier ones and returns once it is committed. Writes that queue up together share one
     * transaction, yet a failing write rolls back alone. An accepted write is carried out even when its caller is
     * interrupted. What the storage does not take, or another process keeps from it for longer than a second and a
     * half, is refused, and nothing of it is stored; the write may have been run, and is run again when it shared its
     * transaction with others. Never call it inside a write: it would wait for itself.
     */
    readonly write: <A, E>(write: Effect.Effect<A, E, Commit>) => Effect.Effect<A, E | Unwritten>
    /**
     * Commits what must not be lost, as `write` does. What the queue or the storage refuses is tried again until it is
     * stored; once the server closes, for as long as it leaves to those who still run.
     */
    readonly persist: <A>(write: Effect.Effect<A, never, Commit>) => Effect.Effect<A>
    /** How many such writes were refused and are to be tried again. */
    readonly held: Effect.Effect<number>
    readonly stats: Effect.Effect<QueueStats>
    /** Another number with every transaction: while it is the same, what was read before is what would be read now. */
    readonly version: () => number
    /** Why the newest transaction was not carried out; none when it was. */
    readonly trouble: Effect.Effect<Option.Option<StorageFault>>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

type Batch = ReadonlyArray<Job.Job>

const largestBatch = 256
/** How long a write waits while another process has the lock, and how often it is asked for: off the event loop. */
const patienceMs = 1500
const spacing = "25 millis"

const refusals = Meter.counter("parley_writes_refused_total", "Writes that were not taken", "reason")
for (const reason of ["full", "closing", "StorageFull", "StorageUnavailable"]) refusals(0, reason)
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
  const statements = yield* Statements
  const file = yield* DbFile
  const takeOver = yield* TakeOver.make
  const { WRITE_QUEUE_CAPACITY } = yield* Settings
  const clock = yield* Effect.clock
  const current = Commits.make(clock)
  const frame = Job.frameOf(statements, current)
  const arrived: Array<Job.Job> = []
  let isOpen = true
  let waiting: ReadonlyArray<Batch> = []
  let trouble = Option.none<StorageFault>()
  let version = 0

  /** What is written to a file that is not the one of that name, or is damaged, would be lost with the process. */
  const standing = () => Option.match(file.glance(), { onNone: () => Effect.void, onSome: Effect.fail })
  const begun = Effect.zipRight(Effect.suspend(standing), Effect.sync(frame.begin))
  const committed = Effect.suspend(() => {
    frame.commit()
    return standing()
  })
  const undone = Effect.ignore(Effect.try(frame.rollback))

  /** Gives what is to be done after the commit. */
  const carry = (batch: Batch) => {
    const began = clock.unsafeCurrentTimeNanos()
    const after: Array<Effect.Effect<unknown>> = []
    const run = (job: Job.Job) =>
      Effect.flatMap(job.run(frame, batch.length), (done) => {
        after.push(done)
        return Effect.void
      })
    const told = () => {
      batches(batch.length)
      commits(Number(clock.unsafeCurrentTimeNanos() - began) / 1e9)
    }
    return Effect.matchCauseEffect(inOrder([...batch.map(run), committed]), {
      onFailure: (cause) => {
        told()
        return Effect.zipRight(undone, Effect.failCause(cause))
      },
      onSuccess: () => {
        told()
        return Effect.succeed(after)
      }
    })
  }

  /** Null when another process has the lock: then nothing was begun. */
  const transact = (batch: Batch) =>
    Effect.matchCauseEffect(begun, {
      onFailure: (cause) => (Option.exists(faultIn(cause), isLocked) ? Effect.succeed(null) : Effect.failCause(cause)),
      onSuccess: () => {
        version += 1
        return carry(batch)
      }
    }).pipe(statements.alone)

  const refuseAll = (batch: Batch, fault: StorageFault) => {
    refusals(batch.length, fault._tag)
    return Effect.forEach(batch, (job) => job.refuse(fault), { discard: true })
  }

  /** What the storage did not take together is tried one by one: none is refused for what another has asked. */
  const failed = (batch: Batch, cause: Cause.Cause<unknown>) => {
    const fault = faultIn(cause)
    if (Option.isNone(fault)) return Effect.forEach(batch, (job) => job.die(cause), { discard: true })
    trouble = fault
    if (batch.length === 1) return refuseAll(batch, fault.value)
    waiting = [...batch.map((job) => [job]), ...waiting]
    return Effect.void
  }

  /** Those whose time is up are refused, the others wait on. */
  const wait = (batch: Batch) =>
    Effect.suspend(() => {
      const fault = StorageUnavailable.of("locked")
      const latest = clock.unsafeCurrentTimeMillis() - patienceMs
      const [late, early] = Array.partition([...batch, ...waiting.flat()], ({ asked }) => asked > latest)
      waiting = Array.chunksOf(early, largestBatch)
      trouble = Option.some(fault)
      return Effect.zipRight(refuseAll(late, fault), Effect.interruptible(Effect.sleep(spacing)))
    })

  const commit = Effect.suspend(() => {
    const [batch = [], ...rest] = waiting
    waiting = rest
    return Effect.matchCauseEffect(transact(batch), {
      onFailure: (cause) => failed(batch, cause),
      onSuccess: (replies) => {
        if (replies === null) return wait(batch)
        trouble = Option.none()
        return Effect.zipRight(inOrder(replies), takeOver)
      }
    })
  }).pipe(Effect.uninterruptible)

  const enqueue = Effect.sync(() => {
    waiting = [...waiting, ...Array.chunksOf(arrived.splice(0), largestBatch)]
  })

  const arrival = Bell.make(() => arrived.length > 0 || !isOpen)
  // The worker wakes with the first write; the others that the same turn of the event loop brings share its commit.
  const gather = Effect.zipRight(Effect.zipRight(arrival.due, nextTurn), enqueue)
  const empty = Effect.whileLoop({
    while: () => waiting.length > 0,
    body: () => Effect.zipRight(commit, enqueue),
    step: () => {}
  })
  const worker = yield* Effect.whileLoop({
    while: () => isOpen || arrived.length > 0,
    body: () => Effect.zipRight(gather, empty),
    step: () => {}
  }).pipe(Effect.provideService(Commit, current.service), Effect.withTracerEnabled(false), Effect.forkScoped)
  const close = Effect.sync(() => {
    isOpen = false
    arrival.ring()
  })
  // Registered after the fork, so that it runs before the worker's interruption and nothing accepted is lost.
  yield* Effect.addFinalizer(() => Effect.zipRight(close, Fiber.await(worker)))

  /** How many stand in the queue, with those that wait for another process. */
  const depth = () => waiting.reduce((sum, { length }) => sum + length, arrived.length)

  const offer = (job: Job.Job) => {
    const isTaken = isOpen && depth() < WRITE_QUEUE_CAPACITY
    if (isTaken) arrived.push(job)
    arrival.ring()
    return isTaken
  }

  const refuse = Effect.suspend(() => {
    const reason = isOpen ? "full" : "closing"
    refusals(1, reason)
    return WriteRefused.of(reason)
  })

  const write = <A, E>(write: Effect.Effect<A, E, Commit>): Effect.Effect<A, E | Unwritten> =>
    Effect.useSpan("WriteQueue.write", { captureStackTrace: false }, (span): Effect.Effect<A, E | Unwritten> => {
      const reply = Deferred.unsafeMake<A, E | StorageFault>(FiberId.none)
      return offer(Job.make(write, reply, span, clock)) ? Deferred.await(reply) : refuse
    })

  return WriteQueue.of({
    ...(yield* Persist.make(write)),
    write,
    version: () => version,
    trouble: Effect.sync(() => trouble),
    stats: Effect.sync(() => ({
      depth: depth(),
      capacity: WRITE_QUEUE_CAPACITY,
      is_open: isOpen
    }))
  })
})
