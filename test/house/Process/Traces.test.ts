import { describe, it } from "@effect/vitest"
import { assertFalse, assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Clock, Deferred, Effect, Schema } from "effect"
import { login } from "../../support/Caller.ts"
import { listening } from "../../support/listening.ts"
import { home, layer, patience, query, serve, tamper, withPassword } from "../../support/Process.ts"
import * as Receiver from "../../support/Receiver.ts"
import { told, turnsQuery } from "../../support/Story.ts"

const LogLine = Schema.parseJson(
  Schema.Struct({
    message: Schema.Unknown,
    logLevel: Schema.String,
    timestamp: Schema.String,
    annotations: Schema.Struct({ trace_id: Schema.optional(Schema.String) })
  })
)

/** A person's message is answered by a server that sends its traces there, and is closed then. */
const played = Effect.fn(function* (endpoint: string) {
  const server = yield* serve(yield* home, {
    ...withPassword,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    JAEGER_UI_URL: "http://jaeger.test/ui/"
  })
  const { call, follow } = yield* login(server.base)
  const reader = yield* follow(1)
  const { headers } = yield* call("POST", "/rooms/1/messages/send", { content: "Do you like quinces?" })
  yield* reader.sees(/event: round_ended/)
  const { data: round } = yield* call("GET", "/rooms/1/rounds/1")
  yield* server.signal("SIGTERM")
  yield* server.ended
  const turns = yield* query(server.folder, turnsQuery)
  return { headers, round, turns, folder: server.folder, written: server.text.stdout }
})

describe.concurrent("traces", () => {
  it.scopedLive(
    "lead from the request to the turns that it caused, are sent before the server ends, and repeat nobody's words",
    () =>
      Effect.gen(function* () {
        const { bodies, elsewhere, endpoint, spans } = yield* Receiver.make()
        const { folder, headers, round, turns, written } = yield* played(endpoint)

        told(yield* spans, headers["traceparent"] ?? "", turns)
        const urlOf = (trace: string) => `http://jaeger.test/ui/trace/${trace}`
        strictEqual(round.cause_trace_url, urlOf(round.trigger.cause.trace_id))
        for (const { trace_id, trace_url } of round.turns) strictEqual(trace_url, urlOf(trace_id))
        const spoken = yield* query(folder, "SELECT content FROM messages")
        const personas = yield* query(
          folder,
          `SELECT in_a_nutshell AS content FROM agents UNION SELECT characteristics FROM agents
           UNION SELECT system_prompt FROM agents
           UNION SELECT recent_events FROM agents WHERE recent_events IS NOT NULL`
        )
        assertTrue(spoken.length > 1 && personas.length > 8)
        for (const { content } of [...spoken, ...personas]) {
          assertFalse([...bodies, ...elsewhere].join("\n").includes(content), content)
          assertFalse(written.includes(content), content)
        }
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "hold up nothing when nobody takes them",
    () =>
      Effect.gen(function* () {
        const asked = yield* Deferred.make<void>()
        const { url: endpoint } = yield* listening(() => Deferred.unsafeDone(asked, Effect.void))
        const deaf = { ...withPassword, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
        const absent = { ...withPassword, OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" }
        const ends = Effect.fn(function* (settings: typeof deaf) {
          const server = yield* serve(yield* home, settings)
          const { call } = yield* login(server.base)
          strictEqual((yield* call("GET", "/rooms")).status, 200)
          const began = yield* Clock.currentTimeMillis
          yield* server.signal("SIGTERM")
          strictEqual((yield* server.ended).code, 0)
          return (yield* Clock.currentTimeMillis) - began
        })

        const taken = yield* Effect.all([ends(deaf), ends(absent)], { concurrency: 2 })
        for (const ms of taken) assertTrue(ms < 5000, `${ms} ms`)
        yield* Deferred.await(asked)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "are named in every line of the log, which is JSON, and in the answer to a request that broke",
    () =>
      Effect.gen(function* () {
        const { endpoint, spans } = yield* Receiver.make()
        const server = yield* serve(yield* home, { ...withPassword, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
        const { call, follow } = yield* login(server.base)
        const reader = yield* follow(1)
        yield* tamper(server.folder, "DROP TABLE sessions")
        const sent = yield* call("POST", "/rooms/1/messages/send", { content: "Hello" })
        yield* reader.sees(/event: round_ended/)
        yield* tamper(server.folder, "DROP TABLE room_reads")
        const broken = yield* call("GET", "/rooms")
        yield* server.signal("SIGTERM")
        yield* server.ended

        const lines = yield* Effect.forEach(server.text.stdout.trimEnd().split("\n"), (line) =>
          Schema.decode(LogLine)(line)
        )
        const traced = lines.map(({ annotations, message }) => `${message} ${annotations.trace_id}`)
        const traceOf = ({ headers }: typeof sent) => headers["traceparent"]?.split("-")[1]
        assertInclude(traced.join("\n"), `a round broke ${traceOf(sent)}`)
        deepStrictEqual([broken.status, broken.data.trace_id], [500, traceOf(broken)])
        assertInclude(traced.join("\n"), `a request broke ${traceOf(broken)}`)
        const failed = (yield* spans).find((span) => span.traceId === traceOf(broken) && !span.parentSpanId)
        deepStrictEqual([failed?.name, failed?.attributes["error.type"]], ["GET /rooms", "500"])
        strictEqual(server.text.stderr, "")
      }).pipe(Effect.provide(layer)),
    patience
  )
})
