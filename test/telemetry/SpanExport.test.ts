import { FetchHttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { RequestListener } from "node:http"
import { nextTurn } from "../../src/lib/turns.ts"
import { SpanExport } from "../../src/telemetry/SpanExport.ts"
import * as Tracing from "../../src/telemetry/Tracer.ts"
import * as Receiver from "../support/Receiver.ts"

const exporting = (endpoint: string, ratio = 1) =>
  Tracing.layer(() => ratio).pipe(Layer.provideMerge(SpanExport.layer(endpoint)), Layer.provide(FetchHttpClient.layer))

const spans = (count: number) => Effect.replicateEffect(Effect.withSpan(Effect.void, "work"), count, { discard: true })

/** How the export stands at the end of the work, and when it has been closed. */
const after = <E>(endpoint: string, work: Effect.Effect<unknown, E>, ratio?: number) =>
  Effect.gen(function* () {
    const { stats } = yield* SpanExport
    yield* work
    return { open: stats(), closed: stats }
  }).pipe(
    Effect.provide(exporting(endpoint, ratio)),
    Effect.map(({ closed, open }) => ({ open, closed: closed() }))
  )

const status =
  (code: number): RequestListener =>
  (_request, response) =>
    void response.writeHead(code).end()

const says =
  (body: string): RequestListener =>
  (_request, response) =>
    void response.end(body)

const tally = ({ exported, lost, waiting }: ReturnType<SpanExport["Type"]["stats"]>) => ({ exported, lost, waiting })

describe.concurrent("the export of spans", () => {
  it.scopedLive("sends what has ended before it closes, and counts it", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const { closed } = yield* after(receiver.endpoint, spans(700))

      deepStrictEqual(tally(closed), { exported: 700, lost: 0, waiting: 0 })
      strictEqual((yield* receiver.spans).length, 700)
    })
  )

  it.scopedLive("sends again what a collector could not take for a moment", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make(status(503), Receiver.well)
      const twice = Effect.zipRight(receiver.next, receiver.next)
      const { closed } = yield* after(receiver.endpoint, Effect.zipRight(spans(600), twice))

      deepStrictEqual([closed.exported, closed.lost, closed.last_error?.reason], [600, 0, "it answers 503"])
      strictEqual(receiver.bodies[0], receiver.bodies[1])
    })
  )

  it.scopedLive("waits at its close for what is on its way, and sends it once", () =>
    Effect.gen(function* () {
      let answer = () => {}
      const receiver = yield* Receiver.make((request, response) => {
        answer = () => Receiver.well(request, response)
      })
      const answering = Effect.zipRight(
        Effect.replicateEffect(nextTurn, 20),
        Effect.sync(() => answer())
      )
      const work = Effect.all([spans(512), receiver.next, Effect.forkDaemon(answering)])
      const { closed } = yield* after(receiver.endpoint, work)

      deepStrictEqual(tally(closed), { exported: 512, lost: 0, waiting: 0 })
      strictEqual(receiver.bodies.length, 1)
    })
  )

  it.scopedLive("holds no more than its buffer for a collector that does not answer, and counts what is lost", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make(() => {})
      const { closed, open } = yield* after(receiver.endpoint, spans(20_000))

      assertTrue(open.waiting <= 8192 + 512, `${open.waiting} wait`)
      strictEqual(open.waiting + open.lost, 20_000)
      deepStrictEqual(tally(closed), { exported: 0, lost: 20_000, waiting: 0 })
    })
  )

  it.scopedLive("counts as lost what meets nobody, or something that is no collector", () =>
    Effect.gen(function* () {
      const page = yield* Receiver.make(says("<html>hello</html>"))
      const choosy = yield* Receiver.make(says('{"partialSuccess":{"rejectedSpans":"3"}}'))
      const ends = yield* Effect.forEach(["http://127.0.0.1:9", page.endpoint, choosy.endpoint], (endpoint) =>
        after(endpoint, spans(10))
      )

      deepStrictEqual(
        ends.map(({ closed: { exported, last_error, lost, state } }) => [exported, lost, state, last_error?.reason]),
        [
          [0, 10, "failing", "it cannot be reached"],
          [0, 10, "failing", "the answer is no collector's"],
          [7, 3, "well", undefined]
        ]
      )
    })
  )

  it.scopedLive("takes whole traces or nothing of them; what is not taken has its ids all the same", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const trace = Effect.all([Effect.currentSpan, Effect.withSpan(Effect.currentSpan, "child")]).pipe(
        Effect.withSpan("root")
      )
      const seen: Array<Effect.Effect.Success<typeof trace>> = []
      const work = Effect.replicateEffect(
        Effect.map(Effect.orDie(trace), (both) => seen.push(both)),
        400
      )
      const { closed } = yield* after(receiver.endpoint, work, 0.5)

      for (const [root, child] of seen) {
        deepStrictEqual([child.traceId, child.sampled], [root.traceId, root.sampled])
        assertTrue(/^[0-9a-f]{32}$/.test(root.traceId) && /^[0-9a-f]{16}$/.test(child.spanId))
      }
      strictEqual(new Set(seen.flatMap((both) => both.map(({ spanId }) => spanId))).size, 800)
      const taken = seen.filter(([root]) => root.sampled).length
      assertTrue(taken > 120 && taken < 280, `${taken} of 400`)
      strictEqual(closed.exported, 2 * taken)
    })
  )

  it.scopedLive("tells the kind of an error, and never its words", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const broken = Effect.withSpan(Effect.die(new RangeError("quinces and medlars")), "broken")
      yield* after(receiver.endpoint, Effect.ignore(Effect.sandbox(broken)))

      const [span] = yield* receiver.spans
      deepStrictEqual([span?.attributes["error.type"], span?.status?.code], ["RangeError", 2])
      assertTrue(receiver.bodies.join().includes("SpanExport.test"))
      strictEqual(receiver.bodies.join().includes("quinces"), false)
    })
  )
})
