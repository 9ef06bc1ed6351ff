// By their own paths: the root of the package brings the whole OpenTelemetry SDK along.
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import { FetchHttpClient } from "@effect/platform"
import { Context, Effect, Layer, Metric, Option, Schedule } from "effect"
import { version } from "../../domain/Version.ts"
import { broke } from "../../lib/broke.ts"
import { observe } from "./Metrics/Observation.ts"
import { format } from "./Prometheus.ts"
import { Settings } from "../../process/Settings.ts"
import { Status } from "./Status.ts"

export class Metrics extends Context.Tag("parley/features/Operations/Metrics")<
  Metrics,
  {
    /** All that is counted, as of now, in Prometheus' text format. */
    readonly text: Effect.Effect<string>
  }
>() {
  /** Also sends them to the collector, when one is set. */
  static readonly layer = Layer.merge(
    Layer.unwrapEffect(Effect.suspend(() => push)),
    Layer.effect(
      this,
      Effect.suspend(() => make)
    )
  )
}

const interval = "10 seconds"

const observation = Effect.flatMap(Status, ({ read }) => Effect.map(read, observe))

const make = Effect.map(Effect.context<Status>(), (context) =>
  Metrics.of({ text: Effect.provide(Effect.zipRight(observation, Effect.map(Metric.snapshot, format)), context) })
)

// What is sent was observed at most one interval before: the exporter takes its snapshot without asking.
const observed = Layer.scopedDiscard(
  observation.pipe(
    Effect.catchAllCause((cause) => broke("metrics", "the metrics could not be observed", cause)),
    Effect.repeat(Schedule.spaced(interval)),
    Effect.forkScoped
  )
)

const push = Effect.map(Settings, ({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_METRICS_EXPORTER }) =>
  Option.match(OTEL_METRICS_EXPORTER === "otlp" ? OTEL_EXPORTER_OTLP_ENDPOINT : Option.none(), {
    onNone: () => Layer.empty,
    onSome: (endpoint) =>
      OtlpMetrics.layer({
        url: `${endpoint.replace(/\/+$/, "")}/v1/metrics`,
        resource: { serviceName: "parley", serviceVersion: version },
        exportInterval: interval,
        shutdownTimeout: "500 millis"
      }).pipe(Layer.provide([FetchHttpClient.layer, OtlpSerialization.layerJson]), Layer.merge(observed))
  })
)
