import { FileSystem, Path } from "@effect/platform"
import { Cause, Clock, Context, Effect, Layer } from "effect"
import * as Backup from "./Backup.ts"
import type { BackupState } from "../domain/Status.ts"
import * as Time from "../domain/Time.ts"
import { broke } from "../lib/broke.ts"
import * as Meter from "../lib/metric.ts"
import { Settings } from "../process/Settings.ts"

/**
 * Takes a backup every so many hours, and keeps the newest. Older ones go only when a new one is whole; what a damaged
 * database gives is no backup, and takes no other's place.
 */
export class Backups extends Context.Tag("parley/store/Backups")<
  Backups,
  { readonly state: Effect.Effect<BackupState> }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

const hour = 3_600_000
/** A server that has just started has other things to do. */
const firstMs = 60_000

const taken = Meter.counter("parley_backups_total", "Backups that the server took by itself", "outcome")
for (const outcome of ["whole", "failed"]) taken(0, outcome)

const make = Effect.gen(function* () {
  const { BACKUP_EVERY_HOURS, BACKUP_KEEP } = yield* Settings
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path | Settings>()
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const everyMs = BACKUP_EVERY_HOURS * hour
  let failure: string | null = null

  const prune = Effect.flatMap(Backup.list, (kept) =>
    Effect.forEach(kept.slice(0, -BACKUP_KEEP), (old) => fs.remove(old.path), { discard: true })
  )

  const take = Effect.gen(function* () {
    const name = Backup.nameAt(yield* Clock.currentTimeMillis)
    const { bytes, file } = yield* Backup.take(path.join(yield* Backup.folder, name))
    failure = null
    taken(1, "whole")
    yield* prune
    yield* Effect.logInfo(`a backup was taken: ${file}, ${(bytes / 2 ** 20).toFixed(1)} MB`)
    return true
  }).pipe(
    Effect.catchAllCause((cause) => {
      if (Cause.isInterruptedOnly(cause)) return Effect.failCause(cause)
      const error = Cause.squash(cause)
      failure = error instanceof Error ? error.message : String(error)
      taken(1, "failed")
      return Effect.as(broke("backup", "no backup could be taken", cause), false)
    }),
    Effect.withSpan("Backups.take", { root: true })
  )

  const dueIn = Effect.zipWith(Backup.list, Clock.currentTimeMillis, (kept, now) => {
    const newest = kept.at(-1)
    return newest === undefined ? firstMs : Math.min(everyMs, Math.max(firstMs, newest.at + everyMs - now))
  })

  const next = Effect.gen(function* () {
    yield* Effect.sleep(yield* dueIn)
    if (!(yield* take)) yield* Effect.sleep(Math.min(everyMs, hour))
  })

  if (everyMs > 0) yield* next.pipe(Effect.forever, Effect.provide(context), Effect.forkScoped)

  return Backups.of({
    state: Effect.map(Effect.provide(Backup.list, context), (kept) => {
      const newest = kept.at(-1)
      return {
        every_hours: BACKUP_EVERY_HOURS,
        count: kept.length,
        newest_at: newest ? Time.at(newest.at) : null,
        failure
      }
    })
  })
})
