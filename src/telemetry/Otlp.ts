import type { Tracer } from "effect"
import { version } from "../domain/Version.ts"
import { stringify } from "../lib/json.ts"
import type { Recorded } from "./Span.ts"

// Traces as the OpenTelemetry protocol writes them in JSON.

const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } satisfies Record<Tracer.SpanKind, number>

const valueOf = (value: unknown): unknown => {
  switch (typeof value) {
    case "string":
      return { stringValue: value }
    case "boolean":
      return { boolValue: value }
    case "number":
      return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
    default:
      return Array.isArray(value) ? { arrayValue: { values: value.map(valueOf) } } : { stringValue: String(value) }
  }
}

const attributesOf = (attributes: Iterable<readonly [string, unknown]>) =>
  Array.from(attributes, ([key, value]) => ({ key, value: valueOf(value) }))

const spanOf = (span: Recorded) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId,
  name: span.name,
  kind: kinds[span.kind],
  startTimeUnixNano: String(span.startTime),
  endTimeUnixNano: String(span.endTime),
  attributes: attributesOf(span.attributes),
  events: span.events.map(({ attributes, name, time }) => ({
    name,
    timeUnixNano: String(time),
    attributes: attributesOf(Object.entries(attributes))
  })),
  links: span.links.map(({ attributes, spanId, traceId }) => ({
    traceId,
    spanId,
    attributes: attributesOf(Object.entries(attributes))
  })),
  // What went wrong is said by this attribute alone, also where the program took it in its stride.
  status: span.attributes.has("error.type") ? { code: 2, message: String(span.attributes.get("error.type")) } : {}
})

const resource = {
  attributes: attributesOf([
    ["service.name", "parley"],
    ["service.version", version]
  ])
}
const scope = { name: "parley" }

export const encode = (spans: ReadonlyArray<Recorded>) =>
  stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(spanOf) }] }] })
