import { describe, it } from "@effect/vitest"
import { assertFalse, assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Clock, Deferred, Effect, Schema } from "effect"
import { login } from "../support/Caller.ts"
import { listening } from "../support/listening.ts"
import { home, layer, patience, query, serve, tamper, withPassword } from "../support/Process.ts"

const Span = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  name: Schema.String,
  parentSpanId: Schema.optional(Schema.String),
  links: Schema.Array(Schema.Struct({ traceId: Schema.String, spanId: Schema.String }))
})
const Export = Schema.parseJson(
  Schema.Struct({
    resourceSpans: Schema.Array(
      Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) })
    )
  })
)
const LogLine = Schema.parseJson(
  Schema.Struct({
    message: Schema.Unknown,
    logLevel: Schema.String,
    timestamp: Schema.String,
    annotations: Schema.Struct({ trace_id: Schema.optional(Schema.String) })
  })
)

/** Takes what an exporter sends. */
const collector = Effect.gen(function* () {
  const bodies: Array<string> = []
  const { url: endpoint } = yield* listening((request, response) => {
    let body = ""
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk
    })
    request.on("end", () => {
      bodies.push(`${request.url} ${body}`)
      response.end("{}")
    })
  })
  const spans = Effect.suspend(() =>
    Effect.forEach(
      bodies.filter((body) => body.startsWith("/v1/traces ")),
      (body) => Schema.decode(Export)(body.slice("/v1/traces ".length))
    )
  ).pipe(
    Effect.map((exports) =>
      exports.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
      )
    )
  )
  return { endpoint, bodies, spans }
})

describe.concurrent("traces", () => {
  it.scopedLive(
    "lead from the request to the turns that it caused, are sent before the server ends, and repeat nobody's words",
    () =>
      Effect.gen(function* () {
        const { bodies, endpoint, spans } = yield* collector
        const server = yield* serve(yield* home, { ...withPassword, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
        const { call, follow } = yield* login(server.base)
        const reader = yield* follow(1)
        const { headers } = yield* call("POST", "/rooms/1/messages/send", { content: "Do you like quinces?" })
        yield* reader.sees(/event: round_ended/)
        yield* server.signal("SIGTERM")
        yield* server.ended

        const sent = yield* spans
        const request = sent.find(({ name }) => name === "POST /rooms/{room_id}/messages/send")
        deepStrictEqual(headers["traceparent"]?.split("-").slice(1, 3), [request?.traceId, request?.spanId])
        const ofRequest = new Set(sent.flatMap(({ spanId, traceId }) => (traceId === request?.traceId ? [spanId] : [])))
        const turns = yield* query(server.folder, "SELECT agent_name, trace_id, cause_trace_id AS asked FROM turns")
        assertTrue(turns.length > 1)
        for (const { agent_name, asked, trace_id } of turns) {
          const turn = sent.find(({ name, traceId }) => name === `invoke_agent ${agent_name}` && traceId === trace_id)
          strictEqual(turn?.parentSpanId, undefined)
          deepStrictEqual([asked, turn?.links[0]?.traceId], [request?.traceId, request?.traceId])
          assertTrue(ofRequest.has(turn?.links[0]?.spanId ?? ""))
        }
        const spoken = yield* query(server.folder, "SELECT content FROM messages")
        for (const { content } of spoken) assertFalse(bodies.join("\n").includes(content), content)
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
        const server = yield* serve(yield* home)
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
        strictEqual(server.text.stderr, "")
      }).pipe(Effect.provide(layer)),
    patience
  )
})
