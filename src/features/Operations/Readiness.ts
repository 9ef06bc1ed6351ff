import { FileSystem } from "@effect/platform"
import { Array, Context, Effect, Fiber, Layer, Option, Schedule } from "effect"
// FileSystem does not tell what is free.
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { statfs } from "node:fs/promises"
import { Closing } from "../../process/Closing.ts"
import * as DbProbe from "../../store/DbProbe.ts"
import { DbFile } from "../../store/DbFile.ts"
import { leastFree, type Part } from "../../domain/Status.ts"
import type { StorageFault } from "../../domain/Storage.ts"
import { Settings } from "../../process/Settings.ts"
import { WriteQueue } from "../../store/WriteQueue.ts"

/** Whether the server can do its work. That all migrations and the recovery are done, the open port tells. */
export class Readiness extends Context.Tag("parley/features/Operations/Readiness")<
  Readiness,
  {
    /** Nothing when it can. What takes a look at database and disk is answered from the last five seconds. */
    readonly failing: Effect.Effect<ReadonlyArray<Part>>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

const patience = "2 seconds"
/** How long another process may have the lock: one that writes a little has it for less. */
const briefly = Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(10))

const partOf = (fault: StorageFault): Part => {
  if (fault._tag === "StorageFull") return "disk"
  if (fault.reason === "locked") return "lock"
  return fault.reason === "failing" || fault.reason === "read_only" ? "disk" : "database"
}

const make = Effect.gen(function* () {
  const { DATA_DIR } = yield* Settings
  const { answers, isUnlocked } = yield* DbProbe.make
  const fs = yield* FileSystem.FileSystem
  const queue = yield* WriteQueue
  const file = yield* DbFile
  const closing = yield* Closing
  const scope = yield* Effect.scope

  const disk = Effect.zipRight(
    fs.access(DATA_DIR, { writable: true }),
    Effect.filterOrFail(
      Effect.tryPromise(() => statfs(DATA_DIR)),
      ({ bavail, bsize }) => bavail * bsize >= leastFree
    )
  )

  const lock = Effect.retry(isUnlocked, briefly).pipe(Effect.timeoutOption(patience))

  const unlessWell = <E>(part: Part, probe: Effect.Effect<unknown, E>) =>
    Effect.map(Effect.isSuccess(Effect.timeout(probe, patience)), (isWell) => (isWell ? [] : [part]))

  const probe = Effect.all([unlessWell("lock", lock), unlessWell("database", answers), unlessWell("disk", disk)], {
    concurrency: 3
  }).pipe(
    Effect.map((found) => found.flat()),
    Effect.withTracerEnabled(false),
    // A fiber takes over whether it may be interrupted, and without that no time limit ends a probe.
    Effect.interruptible
  )
  // A fiber is kept, not what it finds: whoever asked first may leave before it is found.
  const probing = yield* Effect.cachedWithTTL(Effect.forkIn(probe, scope), "5 seconds")

  return Readiness.of({
    failing: Effect.gen(function* () {
      const { capacity, depth, is_open } = yield* queue.stats
      const own: ReadonlyArray<Part> = (yield* closing.begun) ? ["closing"] : []
      const ofQueue: ReadonlyArray<Part> = is_open && depth < capacity ? [] : ["queue"]
      const trouble = yield* queue.trouble
      const seen = yield* Effect.flatMap(Effect.uninterruptible(probing), Fiber.join)
      const met = Option.map(
        Option.orElse(file.fault(), () => trouble),
        partOf
      )
      return Array.dedupe([...own, ...ofQueue, ...Option.toArray(met), ...seen])
    })
  })
})
