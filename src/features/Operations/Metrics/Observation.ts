import type { ServerStatus } from "../../../domain/Status.ts"
import * as Meter from "../../../lib/metric.ts"

const build = Meter.gauge("parley_build_info", "Always 1; the labels say what runs", "version", "node")
const ready = Meter.gauge("parley_ready", "1 when the server can do its work")
const started = Meter.gauge("process_start_time_seconds", "Since the epoch")
const cpu = Meter.total("process_cpu_seconds_total", "Of the server's own process")
const resident = Meter.gauge("process_resident_memory_bytes", "Of the server's own process")
const heapUsed = Meter.gauge("nodejs_heap_size_used_bytes", "Of the heap, in use")
const heapTotal = Meter.gauge("nodejs_heap_size_total_bytes", "Of the heap, taken from the system")
const external = Meter.gauge("nodejs_external_memory_bytes", "Held by JavaScript outside the heap")
const delay = Meter.gauge(
  "parley_event_loop_delay_seconds",
  "How long what was due had to wait, in the last full 15 seconds",
  "at"
)
const children = Meter.gauge("parley_child_processes", "Processes of model sessions")
const database = Meter.gauge("parley_database_bytes", "On disk", "file")
const depth = Meter.gauge("parley_write_queue_depth", "Writes that wait for a commit")
const queueCapacity = Meter.gauge("parley_write_queue_capacity", "Writes that may wait")
const streams = Meter.gauge("parley_streams_open", "Event streams")
const hits = Meter.total("parley_cache_hits_total", "Reads that needed no load of their own")
const misses = Meter.total("parley_cache_misses_total", "Loads begun")
const refusedFills = Meter.total("parley_cache_refused_fills_total", "Loads that ended after an invalidation: not kept")
const evictions = Meter.total("parley_cache_evictions_total", "Values given up for want of room")
const invalidations = Meter.total("parley_cache_invalidations_total", "Of a group, or of all")
const entries = Meter.gauge("parley_cache_entries", "Values held, by the kind of their groups", "group")
const clients = Meter.gauge("parley_pool_clients", "Clients by what they are doing", "kind", "state")
const places = Meter.gauge("parley_pool_capacity", "Clients that may be alive at once", "kind")
const waiting = Meter.gauge("parley_pool_waiting", "Turns that wait for a client", "kind")
const opened = Meter.total("parley_pool_opened_total", "Clients", "kind")
const closed = Meter.total("parley_pool_closed_total", "Clients", "kind")
const evicted = Meter.total("parley_pool_evicted_total", "Clients closed to make room for another seat", "kind")
const spansSent = Meter.total("parley_spans_exported_total", "Spans that the collector took")
const spansLost = Meter.total("parley_spans_lost_total", "Spans that no collector took")
const spansWaiting = Meter.gauge("parley_spans_waiting", "Spans that wait for the collector")
const gate = Meter.gauge(
  "parley_provider_breaker",
  "1 for the state that the provider's breaker is in",
  "provider",
  "state"
)
const inLine = Meter.gauge("parley_provider_waiting", "Turns that wait to be asked of the provider", "provider")
const underWay = Meter.gauge("parley_provider_under_way", "Turns that are asked of the provider", "provider")
const failures = Meter.gauge("parley_provider_failures", "In a row, up to now", "provider")
const talking = Meter.gauge("parley_scheduler_rooms_running", "Rooms whose agents talk by themselves")
const talkers = Meter.gauge("parley_scheduler_rooms_capacity", "Rooms that may do so at once")
const breakers = Meter.gauge("parley_scheduler_breakers", "Rooms let alone after failures, by state", "state")

const breakerStates = ["closed", "open", "half_open"] as const
const phases = ["leased", "idle", "opening"] as const

const ofProcess = ({ process: now, started_at }: ServerStatus) => {
  started(Date.parse(started_at) / 1000)
  cpu(now.cpu_seconds)
  resident(now.resident_bytes)
  heapUsed(now.heap_used_bytes)
  heapTotal(now.heap_total_bytes)
  external(now.external_bytes)
  children(now.children)
  delay(now.event_loop_delay_seconds.p50, "p50")
  delay(now.event_loop_delay_seconds.p99, "p99")
  delay(now.event_loop_delay_seconds.max, "max")
}

const ofCache = ({ cache }: ServerStatus) => {
  hits(cache.hits)
  misses(cache.misses)
  refusedFills(cache.refused_fills)
  evictions(cache.evictions)
  invalidations(cache.invalidations)
  for (const [kind, count] of Object.entries(cache.entries)) entries(count, kind)
}

const ofPool = ({ pool }: ServerStatus) => {
  for (const kind of ["process", "connection"] as const) {
    const stats = pool[kind]
    for (const phase of phases) clients(stats[phase], kind, phase)
    clients(stats.alive - stats.leased - stats.idle - stats.opening, kind, "closing")
    places(stats.capacity, kind)
    waiting(stats.waiting, kind)
    opened(stats.opened, kind)
    closed(stats.closed, kind)
    evicted(stats.evicted, kind)
  }
}

const ofProviders = ({ providers }: ServerStatus) => {
  for (const [name, state] of Object.entries(providers)) {
    for (const one of breakerStates) gate(state.state === one ? 1 : 0, name, one)
    inLine(state.waiting, name)
    underWay(state.under_way, name)
    failures(state.failures, name)
  }
}

const ofScheduler = ({ scheduler }: ServerStatus) => {
  talking(scheduler.running)
  talkers(scheduler.capacity)
  breakers(scheduler.breakers.open, "open")
  breakers(scheduler.breakers.half_open, "half_open")
}

/** Copies a status into the library's metrics: what services count themselves is not counted twice. */
export const observe = (status: ServerStatus) => {
  build(1, status.version, status.node)
  ready(status.failing.length === 0 ? 1 : 0)
  database(status.database.bytes, "main")
  database(status.database.wal_bytes, "wal")
  depth(status.queue.depth)
  queueCapacity(status.queue.capacity)
  streams(status.streams.open)
  ofProcess(status)
  ofCache(status)
  ofPool(status)
  ofProviders(status)
  ofScheduler(status)
  spansSent(status.traces.exported)
  spansLost(status.traces.lost)
  spansWaiting(status.traces.waiting)
}
