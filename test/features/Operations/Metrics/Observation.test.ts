import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Metric } from "effect"
import type { ServerStatus } from "../../../../src/domain/Status.ts"
import * as Time from "../../../../src/domain/Time.ts"
import { observe } from "../../../../src/features/Operations/Metrics/Observation.ts"
import { format } from "../../../../src/features/Operations/Prometheus.ts"
import { parse } from "../../../support/prometheus.ts"

const state = (name: "open" | "half_open" | "closed", first: number) => ({
  state: name,
  waiting: first,
  under_way: first + 1,
  limit: null,
  failures: first + 2,
  not_before: null,
  last_success_at: null,
  last_error: null
})

const pool = (first: number) => ({
  capacity: first,
  leased: first + 1,
  idle: first + 2,
  opening: first + 3,
  alive: 4 * first + 10,
  waiting: first + 5,
  opened: first + 6,
  closed: first + 7,
  evicted: first + 8
})

const status: ServerStatus = {
  version: "9.9.9",
  node: "v99",
  started_at: Time.at(7_000),
  uptime_seconds: 1,
  failing: ["disk"],
  database: { bytes: 11, wal_bytes: 12 },
  queue: { depth: 13, capacity: 14, is_open: true },
  cache: { hits: 15, misses: 16, refused_fills: 17, evictions: 18, invalidations: 19, entries: { odd: 20 } },
  streams: { open: 21, limit: 22 },
  pool: { process: pool(100), connection: pool(200) },
  providers: { one: state("half_open", 30) },
  scheduler: { capacity: 41, running: 42, breakers: { open: 43, half_open: 44 } },
  backups: { every_hours: 24, count: 45, newest_at: null, failure: null },
  traces: { state: "well", exported: 51, lost: 52, waiting: 53, last_error: null },
  process: {
    cpu_seconds: 61.5,
    resident_bytes: 62,
    heap_used_bytes: 63,
    heap_total_bytes: 64,
    external_bytes: 65,
    event_loop_delay_seconds: { p50: 0.1, p99: 0.2, max: 0.3 },
    children: 66
  }
}

const ofPool = (kind: string, first: number): Readonly<Record<string, number>> => ({
  [`parley_pool_clients ${kind} leased`]: first + 1,
  [`parley_pool_clients ${kind} idle`]: first + 2,
  [`parley_pool_clients ${kind} opening`]: first + 3,
  [`parley_pool_clients ${kind} closing`]: first + 4,
  [`parley_pool_capacity ${kind}`]: first,
  [`parley_pool_waiting ${kind}`]: first + 5,
  [`parley_pool_opened_total ${kind}`]: first + 6,
  [`parley_pool_closed_total ${kind}`]: first + 7,
  [`parley_pool_evicted_total ${kind}`]: first + 8
})

const expected = {
  "parley_build_info 9.9.9 v99": 1,
  parley_ready: 0,
  process_start_time_seconds: 7,
  process_cpu_seconds_total: 61.5,
  process_resident_memory_bytes: 62,
  nodejs_heap_size_used_bytes: 63,
  nodejs_heap_size_total_bytes: 64,
  nodejs_external_memory_bytes: 65,
  "parley_event_loop_delay_seconds p50": 0.1,
  "parley_event_loop_delay_seconds p99": 0.2,
  "parley_event_loop_delay_seconds max": 0.3,
  parley_child_processes: 66,
  "parley_database_bytes main": 11,
  "parley_database_bytes wal": 12,
  parley_write_queue_depth: 13,
  parley_write_queue_capacity: 14,
  parley_streams_open: 21,
  parley_cache_hits_total: 15,
  parley_cache_misses_total: 16,
  parley_cache_refused_fills_total: 17,
  parley_cache_evictions_total: 18,
  parley_cache_invalidations_total: 19,
  "parley_cache_entries odd": 20,
  ...ofPool("process", 100),
  ...ofPool("connection", 200),
  parley_spans_exported_total: 51,
  parley_spans_lost_total: 52,
  parley_spans_waiting: 53,
  "parley_provider_breaker one closed": 0,
  "parley_provider_breaker one open": 0,
  "parley_provider_breaker one half_open": 1,
  "parley_provider_waiting one": 30,
  "parley_provider_under_way one": 31,
  "parley_provider_failures one": 32,
  parley_scheduler_rooms_running: 42,
  parley_scheduler_rooms_capacity: 41,
  "parley_scheduler_breakers open": 43,
  "parley_scheduler_breakers half_open": 44
}

const unused = { ...pool(0), opened: 0, closed: 0, evicted: 0 }

/** The metrics are the process's own, and other houses have been counted in them. */
const none: ServerStatus = {
  ...status,
  cache: { hits: 0, misses: 0, refused_fills: 0, evictions: 0, invalidations: 0, entries: {} },
  pool: { process: unused, connection: unused },
  traces: { ...status.traces, exported: 0, lost: 0 },
  process: { ...status.process, cpu_seconds: 0 }
}

const told = Effect.map(Metric.snapshot, (metrics) => {
  const { samples } = parse(format(metrics))
  return new Map(samples.map(({ labels, name, value }) => [[name, ...Object.values(labels)].join(" "), value]))
})

describe("what services count themselves", () => {
  it.effect("is told by the metrics, each number under its name", () =>
    Effect.gen(function* () {
      observe(none)
      const before = yield* told
      observe(status)
      const after = yield* told

      const grown = (name: string) => Number(((after.get(name) ?? NaN) - (before.get(name) ?? NaN)).toFixed(6))
      const found = Object.keys(expected).map((name) => [name, /_total\b/.test(name) ? grown(name) : after.get(name)])
      deepStrictEqual(Object.fromEntries(found), expected)
    })
  )
})
