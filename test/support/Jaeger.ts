import { FileSystem } from "@effect/platform"
import { Effect, Schema } from "effect"
import { stringify } from "../../src/lib/json.ts"
import { client } from "./Caller.ts"
import { freePort, home, run } from "./Process.ts"
import { Export, spansOf } from "./Receiver.ts"
import { had } from "./tools.ts"

const version = "v1.76.0"
const program = "github.com/jaegertracing/jaeger/cmd/jaeger"

/** Jaeger 2 as its Go module builds it, without the pages; its module has not been published under later versions. */
export const built = had({
  name: `jaeger-${version}`,
  steps: (folder) => [
    // Built from a module of its own: `go install` refuses one that replaces another's.
    ["go", "mod", "init", "parley.test/jaeger"],
    ["go", "get", `${program}@${version}`],
    ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", `${folder}/jaeger`, program]
  ]
})

/** All that it keeps is in memory. JSON is YAML too. */
const configOf = (query: number, grpc: number, collector: number) =>
  stringify({
    service: {
      extensions: ["jaeger_storage", "jaeger_query"],
      pipelines: { traces: { receivers: ["otlp"], exporters: ["jaeger_storage_exporter"] } },
      telemetry: { metrics: { level: "none" }, logs: { output_paths: ["stdout"] } }
    },
    extensions: {
      jaeger_storage: { backends: { kept: { memory: { max_traces: 10_000 } } } },
      jaeger_query: {
        storage: { traces: "kept" },
        http: { endpoint: `127.0.0.1:${query}` },
        grpc: { endpoint: `127.0.0.1:${grpc}` }
      }
    },
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${collector}` } } } },
    exporters: { jaeger_storage_exporter: { trace_storage: "kept" } }
  })

const Found = Schema.Struct({ result: Export })
const Listed = Schema.Struct({
  data: Schema.Array(
    Schema.Struct({
      traceID: Schema.String,
      spans: Schema.Array(
        Schema.Struct({
          spanID: Schema.String,
          warnings: Schema.optional(Schema.NullOr(Schema.Array(Schema.String)))
        })
      )
    })
  )
})

/** What a search of Jaeger's page asks for. */
interface Search {
  readonly operation?: string
  readonly tags?: Readonly<Record<string, string>>
}

/** A Jaeger on loopback; it ends with the scope. */
export const start = Effect.fn(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const cwd = yield* home
  const [query, grpc, collector] = yield* Effect.all([freePort, freePort, freePort])
  const config = `${cwd}/config.yaml`
  yield* fs.writeFileString(config, configOf(query, grpc, collector))
  const { sees } = yield* run({
    command: `${folder}/jaeger`,
    args: ["--config", `file:${config}`],
    cwd,
    // It would send spans of its own to whatever collector this machine has.
    env: { OTEL_TRACES_SAMPLER: "always_off" }
  })
  yield* sees(/Everything is ready/)
  const { call } = yield* client(`http://127.0.0.1:${query}`)

  return {
    /** Where spans are sent to. */
    collector: `http://127.0.0.1:${collector}`,
    /** The spans of a trace, as they were sent. */
    trace: (id: string) =>
      call("GET", `/api/v3/traces/${id}`).pipe(
        Effect.flatMap(({ data }) => Schema.decodeUnknown(Found)(data)),
        Effect.map(({ result }) => spansOf(result))
      ),
    /** The traces that a person finds, with what Jaeger does not like about them. */
    search: ({ operation, tags = {} }: Search) => {
      const asked = new URLSearchParams({ service: "parley", limit: "1000", lookback: "1h", tags: stringify(tags) })
      if (operation !== undefined) asked.set("operation", operation)
      return call("GET", `/api/traces?${asked}`).pipe(
        Effect.flatMap(({ data }) => Schema.decodeUnknown(Listed)(data)),
        Effect.map(({ data }) =>
          data.map(({ spans, traceID }) => ({ id: traceID, warnings: spans.flatMap(({ warnings }) => warnings ?? []) }))
        )
      )
    }
  }
})
