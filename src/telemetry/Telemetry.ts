import { FetchHttpClient } from "@effect/platform"
import { Context, Effect, FiberRef, FiberRefs, HashMap, Layer, Logger, LogLevel, Option, Tracer } from "effect"
import { LiveSettings, Settings } from "../process/Settings.ts"
import { SpanExport } from "./SpanExport.ts"
import * as Tracing from "./Tracer.ts"

/** Every line says in which trace it was written. */
export const withTrace = <Output>(logger: Logger.Logger<unknown, Output>) =>
  Logger.mapInputOptions(logger, (options: Logger.Logger.Options<unknown>) => {
    const context = FiberRefs.getOrDefault(options.context, FiberRef.currentContext)
    const span = Context.getOption(context, Tracer.ParentSpan)
    if (Option.isNone(span)) return options
    const { spanId, traceId } = span.value
    const annotations = HashMap.union(options.annotations, HashMap.make(["trace_id", traceId], ["span_id", spanId]))
    return { ...options, annotations }
  })

const levels = {
  debug: LogLevel.Debug,
  info: LogLevel.Info,
  warning: LogLevel.Warning,
  error: LogLevel.Error
} as const

const logs = Layer.unwrapEffect(
  Effect.zipWith(Settings, LiveSettings, ({ LOG_FORMAT }, { current }) => {
    const pretty = LOG_FORMAT === "pretty" || (LOG_FORMAT === "auto" && process.stdout.isTTY)
    const logger = withTrace(pretty ? Logger.prettyLogger() : Logger.withConsoleLog(Logger.jsonLogger))
    const lowest = () => (current().DEBUG_AGENTS ? LogLevel.Debug : levels[current().LOG_LEVEL])
    return Layer.merge(
      Logger.replace(
        Logger.defaultLogger,
        Logger.make((line) => (LogLevel.lessThan(line.logLevel, lowest()) ? undefined : logger.log(line)))
      ),
      // What is too low for now is kept out by the logger: it can be asked again.
      Logger.minimumLogLevel(LogLevel.Debug)
    )
  })
)

const traces = Layer.unwrapEffect(
  Effect.zipWith(Settings, LiveSettings, ({ OTEL_EXPORTER_OTLP_ENDPOINT }, { current }) =>
    Option.match(OTEL_EXPORTER_OTLP_ENDPOINT, {
      onNone: () => Tracing.layer(() => 0).pipe(Layer.provideMerge(SpanExport.layerOff)),
      onSome: (endpoint) =>
        Tracing.layer(() => current().TRACE_SAMPLE_RATIO).pipe(
          Layer.provideMerge(SpanExport.layer(endpoint)),
          Layer.provide(FetchHttpClient.layer)
        )
    })
  )
)

// Lines name their trace; as events of its spans they would be sent twice, whatever their level.
const noLines = Logger.remove(Logger.tracerLogger)

/** Logs with trace ids on standard output; spans to the collector when one is set. */
export const layer = traces.pipe(Layer.provideMerge(noLines), Layer.provideMerge(logs))
