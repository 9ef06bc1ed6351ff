import { FileSystem, Path } from "@effect/platform"
import { Clock, Context, Effect, Layer } from "effect"
import { Backups } from "../../store/Backups.ts"
import { Cache } from "../../store/Cache.ts"
import type { ServerStatus } from "../../domain/Status.ts"
import * as Time from "../../domain/Time.ts"
import { version } from "../../domain/Version.ts"
import { Gates } from "../../models/Gates.ts"
import { Providers } from "../../models/Providers.ts"
import { OpenStreams } from "../OpenStreams.ts"
import { Scheduler } from "../../engine/Scheduler.ts"
import { SdkPool } from "../../models/SdkPool.ts"
import { Settings } from "../../process/Settings.ts"
import { SpanExport } from "../../telemetry/SpanExport.ts"
import { WriteQueue } from "../../store/WriteQueue.ts"
import * as LoopDelay from "./LoopDelay.ts"
import { Readiness } from "./Readiness.ts"

export class Status extends Context.Tag("parley/features/Operations/Status")<
  Status,
  { readonly read: Effect.Effect<ServerStatus> }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { DATA_DIR } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const readiness = yield* Readiness
  const queue = yield* WriteQueue
  const store = yield* Cache
  const streams = yield* OpenStreams
  const pool = yield* SdkPool
  const { all } = yield* Providers
  const gates = yield* Gates
  const scheduler = yield* Scheduler
  const backups = yield* Backups
  const traces = yield* SpanExport
  const delay = yield* LoopDelay.make
  const startedAt = yield* Clock.currentTimeMillis

  const sizeOf = (name: string) =>
    Effect.match(fs.stat(path.join(DATA_DIR, name)), { onFailure: () => 0, onSuccess: ({ size }) => Number(size) })

  const cache = Effect.map(store.stats, ({ entriesOf: entries, refusedFills: refused_fills, ...stats }) => ({
    ...stats,
    refused_fills,
    entries
  }))

  const providers = Effect.map(
    Effect.forEach(all, ({ name }) => Effect.map(gates.state(name), (state) => [name, state] as const)),
    Object.fromEntries<ServerStatus["providers"][string]>
  )

  const usage = Effect.zipWith(delay, pool.seats, (event_loop_delay_seconds, seats): ServerStatus["process"] => {
    const { system, user } = process.cpuUsage()
    const { external, heapTotal, heapUsed, rss } = process.memoryUsage()
    return {
      cpu_seconds: (system + user) / 1e6,
      resident_bytes: rss,
      heap_used_bytes: heapUsed,
      heap_total_bytes: heapTotal,
      external_bytes: external,
      event_loop_delay_seconds,
      children: seats.filter(({ pid }) => pid !== null).length
    }
  })

  const parts = Effect.all({
    failing: readiness.failing,
    database: Effect.all({ bytes: sizeOf("parley.db"), wal_bytes: sizeOf("parley.db-wal") }),
    queue: queue.stats,
    cache,
    streams: streams.stats,
    pool: Effect.all({ process: pool.stats("process"), connection: pool.stats("connection") }),
    providers,
    scheduler: scheduler.stats,
    backups: backups.state,
    traces: Effect.sync(traces.stats),
    process: usage
  })

  return Status.of({
    read: Effect.zipWith(Clock.currentTimeMillis, parts, (now, parts) => ({
      version,
      node: process.version,
      started_at: Time.at(startedAt),
      uptime_seconds: (now - startedAt) / 1000,
      ...parts
    }))
  })
})
