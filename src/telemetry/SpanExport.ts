import { HttpClient } from "@effect/platform"
import { Clock, Context, Effect, Fiber, Layer, Schedule } from "effect"
import type { SpanExportStats } from "../domain/Status.ts"
import * as Time from "../domain/Time.ts"
import * as Collector from "./Collector.ts"
import type { Recorded } from "./Span.ts"

/** Takes spans that have ended to the collector. Nobody waits for it, and what it holds is bounded. */
export class SpanExport extends Context.Tag("parley/telemetry/SpanExport")<
  SpanExport,
  {
    readonly push: (span: Recorded) => void
    readonly stats: () => SpanExportStats
  }
>() {
  /**
   * To the collector at this address of OTLP over HTTP; what waits when the scope closes is sent, or counted as lost.
   */
  static readonly layer = (endpoint: string) => Layer.scoped(this, make(endpoint))

  static readonly layerOff = Layer.succeed(this, {
    push: () => {},
    stats: () => ({ state: "off", exported: 0, lost: 0, waiting: 0, last_error: null })
  })
}

const capacity = 8192
const largestBatch = 512
const pauseMs = 2000
const farewell = "3 seconds"
const patience = Schedule.exponential("1 second").pipe(
  Schedule.union(Schedule.spaced("30 seconds")),
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(12))
)

const make = Effect.fnUntraced(function* (endpoint: string) {
  const collector = Collector.make(yield* HttpClient.HttpClient, endpoint)
  const full = Effect.unsafeMakeLatch()
  const buffer: Array<Recorded> = []
  let batch: ReadonlyArray<Recorded> = []
  let sending: Fiber.RuntimeFiber<number, Collector.Refused> | null = null
  let [exported, lost] = [0, 0]
  let isFailing = false
  let lastError: SpanExportStats["last_error"] = null

  const noteFailure = Effect.fnUntraced(function* ({ reason }: Collector.Refused) {
    lastError = { reason, at: Time.at(yield* Clock.currentTimeMillis) }
    if (isFailing) return
    isFailing = true
    yield* Effect.logWarning(`traces do not reach the collector: ${reason}`)
  })

  // An attempt that is interrupted goes on, and the next one waits for it: nothing is sent twice because the server
  // closes.
  const attempt = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      sending ??= yield* Effect.forkDaemon(Effect.interruptible(collector.take(batch)))
      const exit = yield* restore(Fiber.await(sending))
      sending = null
      return yield* exit
    })
  ).pipe(Effect.tapError(noteFailure))

  const settle = (taken: number) =>
    Effect.suspend(() => {
      exported += taken
      lost += batch.length - taken
      batch = []
      const hasRecovered = isFailing && taken > 0
      if (hasRecovered) isFailing = false
      return hasRecovered ? Effect.logInfo("traces reach the collector again") : Effect.void
    })

  const next = Effect.sync(() => {
    if (batch.length === 0) batch = buffer.splice(0, largestBatch)
    if (buffer.length < largestBatch) full.unsafeClose()
    return batch.length > 0
  })

  const sendWith = (attempted: Effect.Effect<number, Collector.Refused>) =>
    Effect.zipRight(
      next,
      Effect.flatMap(
        Effect.orElseSucceed(attempted, () => 0),
        settle
      )
    )

  const stubborn = Effect.retry(attempt, { schedule: patience, while: ({ isTransient }) => isTransient })
  const work = Effect.timeoutOption(full.await, pauseMs).pipe(
    Effect.zipRight(Effect.whenEffect(sendWith(stubborn), next)),
    Effect.catchAllDefect((defect) => Effect.zipRight(settle(0), Effect.logError("spans were lost", defect))),
    Effect.forever
  )
  const worker = yield* Effect.forkScoped(work)

  const rest = Effect.whileLoop({
    while: () => batch.length + buffer.length > 0,
    body: () => sendWith(attempt),
    step: () => {}
  })
  yield* Effect.addFinalizer(() =>
    Fiber.interrupt(worker).pipe(
      Effect.zipRight(Effect.timeoutOption(Effect.interruptible(rest), farewell)),
      Effect.zipRight(Effect.suspend(() => (sending === null ? Effect.void : Fiber.interrupt(sending)))),
      Effect.zipRight(
        Effect.sync(() => {
          lost += batch.length + buffer.length
          batch = []
          buffer.length = 0
        })
      )
    )
  )

  return SpanExport.of({
    push: (span) => {
      if (buffer.length >= capacity) return void lost++
      buffer.push(span)
      if (buffer.length === largestBatch) full.unsafeOpen()
    },
    stats: () => ({
      state: isFailing ? "failing" : "well",
      exported,
      lost,
      waiting: batch.length + buffer.length,
      last_error: lastError
    })
  })
})
