import { describe, layer } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Either, Layer } from "effect"
import { login } from "../support/Caller.ts"
import * as ChatApi from "../support/ChatApi.ts"
import * as House from "../support/House.ts"
import * as Jaeger from "../support/Jaeger.ts"
import { home, layer as machine, query, serve, withPassword } from "../support/Process.ts"
import type { Span } from "../support/Receiver.ts"
import { told, turnsQuery } from "../support/Story.ts"
import { whyNot } from "../support/tools.ts"

const built = await Effect.runPromise(Effect.provide(Jaeger.built, machine))

const folk = {
  Ada: `Ada builds clocks.\n\n## Script\ncall memorize memory_entry="Kim likes quinces"\nsay Quinces keep well.`,
  Bo: "Bo keeps bees.",
  Cy: "Cy cooks.\n\n## Script\nsay I\nfail invalid_request",
  Di: "Di digs.\n\n## Script\ncall skip"
}

/** A server plays a room by script and one by a vendor that refuses at first, sends its spans to Jaeger, and ends. */
const played = Effect.gen(function* () {
  const jaeger = yield* Jaeger.start(Either.getOrThrow(built))
  const vendor = yield* ChatApi.make()
  const { AGENTS_DIR } = yield* House.folders(folk)
  const server = yield* serve(yield* home, {
    ...withPassword,
    AGENTS_DIR,
    JAEGER_UI_URL: "http://jaeger.test",
    MODEL_PRICES: "model-a=1/10",
    OPENAI_BASE_URL: vendor.url,
    OPENAI_MODEL: "model-a",
    OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.collector,
    OTEL_METRICS_EXPORTER: "none"
  })
  const { call, follow } = yield* login(server.base)
  const { data: agents } = yield* call("GET", "/agents")
  const idOf = (name: string) => agents.find((agent: { readonly name: string }) => agent.name === name)?.id

  /** Asks an agent alone; gives the trace of the request. */
  const ask = Effect.fn(function* (name: string, provider: string) {
    const { data: room } = yield* call("POST", "/rooms", { name, provider })
    yield* call("POST", `/rooms/${room.id}/agents/${idOf(name)}`)
    const reader = yield* follow(room.id)
    const sent = yield* call("POST", `/rooms/${room.id}/messages/send`, { content: "Do you like quinces?" })
    yield* reader.sees(/event: round_ended/)
    return sent.headers["traceparent"] ?? ""
  })

  const byScript = yield* ask("Ada", "scripted")
  yield* ask("Cy", "scripted")
  yield* ask("Di", "scripted")
  yield* vendor.reply(ChatApi.refuse(429, { "retry-after": "1" }))
  const byVendor = yield* ask("Bo", "openai")
  yield* server.signal("SIGTERM")
  yield* server.ended
  return { jaeger, byScript, byVendor, turns: yield* query(server.folder, turnsQuery) }
})

class Played extends Context.Tag("parley/test/house/Jaeger.test/Played")<
  Played,
  Effect.Effect.Success<typeof played>
>() {}

const order = (one: Span, other: Span) => Number(one.startTimeUnixNano - other.startTimeUnixNano)

/** The names of the spans as a person sees them: a line each, under its parent. */
const outline = (spans: ReadonlyArray<Span>, parent = "", depth = 0): string =>
  spans
    .filter(({ parentSpanId = "" }) => parentSpanId === parent)
    .toSorted(order)
    .map(({ name, spanId }) => `${"  ".repeat(depth)}${name}\n${outline(spans, spanId, depth + 1)}`)
    .join("")

const traceOf = (traceparent: string) => traceparent.split("-")[1] ?? ""

/** The one trace that a search for the turns of an agent finds. */
const turnOf = (agent: string) =>
  Effect.gen(function* () {
    const { jaeger } = yield* Played
    const [found, ...more] = yield* jaeger.search({ operation: `invoke_agent ${agent}` })
    deepStrictEqual([more, found?.warnings], [[], []])
    const spans = yield* jaeger.trace(found?.id ?? "")
    return { spans: spans.toSorted(order), root: spans.find(({ parentSpanId = "" }) => parentSpanId === "") }
  })

const world = Layer.provideMerge(Layer.scoped(Played, Effect.orDie(played)), machine)

describe.skipIf(Either.isLeft(built))(`Jaeger${whyNot(built)}`, () => {
  layer(world, { excludeTestServices: true, timeout: "1 minute" })((it) => {
    it.effect("shows of a turn its transactions, the model's call and its tools, each under what asked for it", () =>
      Effect.gen(function* () {
        const { spans } = yield* turnOf("Ada")

        strictEqual(
          outline(spans),
          `invoke_agent Ada
  WriteQueue.write
  chat scripted-1
    SdkPool.lease
      SdkPool.open
    execute_tool memorize
      Memory.memorize
  WriteQueue.write
`
        )
      })
    )

    it.effect("tells of a message, its round and the turns that answer it what the database holds of them", () =>
      Effect.gen(function* () {
        const { byScript, byVendor, jaeger, turns } = yield* Played
        for (const asked of [byScript, byVendor]) {
          const own = turns.filter(({ cause_trace_id }) => cause_trace_id === traceOf(asked))
          const direct = yield* Effect.forEach([traceOf(asked), ...own.map(({ trace_id }) => trace_id)], jaeger.trace)
          const rounds = new Set(direct.flat().flatMap(({ attributes }) => attributes["parley.round.trace_id"] ?? []))
          const round = yield* Effect.forEach(rounds, (id) => jaeger.trace(String(id)))

          told([...direct.flat(), ...round.flat()], asked, own)
        }
      })
    )

    it.effect("finds a turn and its round by the trace of the request that caused them, and by their room", () =>
      Effect.gen(function* () {
        const { byScript, jaeger } = yield* Played
        const { root } = yield* turnOf("Ada")
        const { "gen_ai.conversation.id": room, "parley.round.trace_id": round } = root?.attributes ?? {}

        const caused = yield* jaeger.search({ tags: { "parley.cause.trace_id": traceOf(byScript) } })
        const inRoom = yield* jaeger.search({ tags: { "gen_ai.conversation.id": String(room) } })

        const ids = [root?.traceId, round].toSorted()
        deepStrictEqual(
          [caused, inRoom].map((found) => found.map(({ id }) => id).toSorted()),
          [ids, ids]
        )
      })
    )

    it.effect("shows a turn that failed as an error, and in it the call that failed", () =>
      Effect.gen(function* () {
        const { jaeger } = yield* Played
        const { root, spans } = yield* turnOf("Cy")
        const errors = yield* jaeger.search({ tags: { "error.type": "InvalidRequest" } })

        deepStrictEqual(
          spans.flatMap(({ attributes, name }) =>
            "error.type" in attributes ? [[name, attributes["error.type"]]] : []
          ),
          [
            ["invoke_agent Cy", "InvalidRequest"],
            ["chat scripted-1", "InvalidRequest"]
          ]
        )
        strictEqual(root?.attributes["parley.turn.outcome"], "failed")
        deepStrictEqual(
          errors.map(({ id }) => id),
          [root?.traceId]
        )
      })
    )

    it.effect("shows a turn that stayed silent as one that went well", () =>
      Effect.gen(function* () {
        const { root, spans } = yield* turnOf("Di")

        deepStrictEqual(
          [root?.attributes["parley.turn.outcome"], root?.attributes["error.type"]],
          ["skipped", undefined]
        )
        assertTrue(spans.some(({ name }) => name === "execute_tool skip"))
      })
    )

    it.effect("shows each call of a provider that refused, when and why it was asked again, and what it cost", () =>
      Effect.gen(function* () {
        const { root, spans } = yield* turnOf("Bo")
        const calls = spans.filter(({ name }) => name === "chat model-a")
        const [retry, ...more] = root?.events.filter(({ name }) => name === "parley.retry") ?? []

        deepStrictEqual(
          calls.map(({ attributes, parentSpanId }) => [attributes["error.type"], parentSpanId]),
          [
            ["RateLimited", root?.spanId],
            [undefined, root?.spanId]
          ]
        )
        deepStrictEqual(
          [retry?.attributes[0], more],
          [{ key: "error.type", value: { stringValue: "RateLimited" } }, []]
        )
        assertTrue(Number(calls[1]?.startTimeUnixNano) - Number(calls[0]?.startTimeUnixNano) >= 1e9)
        assertTrue(Number(root?.attributes["parley.usage.cost_usd"]) > 0)
      })
    )

    it.effect("holds no trace but those of requests, rounds, turns and what the server does by itself", () =>
      Effect.gen(function* () {
        const { jaeger } = yield* Played
        const found = yield* jaeger.search({})
        const traces = yield* Effect.forEach(found, ({ id }) => jaeger.trace(id))

        const roots = traces.flatMap((spans) => spans.filter(({ parentSpanId = "" }) => parentSpanId === ""))
        strictEqual(roots.length, traces.length)
        deepStrictEqual(
          roots.filter(({ name }) => name.startsWith("sql.")).map(({ attributes }) => attributes["db.query.text"]),
          []
        )
      })
    )
  })
})
