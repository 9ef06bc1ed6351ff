import { Effect, Queue, Schema } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { RequestListener } from "node:http"
import { listening } from "./listening.ts"

const Value = Schema.Struct({
  stringValue: Schema.optional(Schema.String),
  intValue: Schema.optional(Schema.NumberFromString),
  doubleValue: Schema.optional(Schema.Number),
  boolValue: Schema.optional(Schema.Boolean),
  arrayValue: Schema.optional(Schema.Unknown)
})
const Attributes = Schema.optionalWith(Schema.Array(Schema.Struct({ key: Schema.String, value: Value })), {
  default: () => []
})
const Encoded = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  name: Schema.String,
  parentSpanId: Schema.optional(Schema.String),
  startTimeUnixNano: Schema.BigInt,
  attributes: Attributes,
  events: Schema.optionalWith(Schema.Array(Schema.Struct({ name: Schema.String, attributes: Attributes })), {
    default: () => []
  }),
  links: Schema.optionalWith(Schema.Array(Schema.Struct({ traceId: Schema.String, spanId: Schema.String })), {
    default: () => []
  }),
  status: Schema.optional(Schema.Struct({ code: Schema.optional(Schema.Unknown) }))
})

/** Spans as OTLP over HTTP brings them, and as Jaeger hands them out. */
export const Export = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Encoded) })) })
  )
})

const plain = ({ arrayValue, boolValue, doubleValue, intValue, stringValue }: typeof Value.Type) =>
  stringValue ?? intValue ?? doubleValue ?? boolValue ?? arrayValue

export const spansOf = ({ resourceSpans }: typeof Export.Type) =>
  resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map((span) => ({
      ...span,
      attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, plain(value)]))
    }))

export type Span = ReturnType<typeof spansOf>[number]

export const well: RequestListener = (_request, response) => void response.end("{}")

/** Takes what an exporter sends, and answers as told: each time anew, the last of them for ever. */
export const make = (...answers: ReadonlyArray<RequestListener>) =>
  Effect.gen(function* () {
    const bodies: Array<string> = []
    const elsewhere: Array<string> = []
    const arrived = yield* Queue.unbounded<string>()
    const { url: endpoint } = yield* listening((request, response) => {
      let body = ""
      request.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk
      })
      request.on("end", () => {
        if (request.url !== "/v1/traces") {
          elsewhere.push(body)
          return well(request, response)
        }
        const answer = answers[bodies.length] ?? answers.at(-1) ?? well
        bodies.push(body)
        arrived.unsafeOffer(body)
        answer(request, response)
      })
    })
    const spans = Effect.suspend(() => Effect.forEach(bodies, (body) => Schema.decode(Schema.parseJson(Export))(body)))
    return {
      endpoint,
      bodies,
      /** What is no trace: metrics. */
      elsewhere,
      next: Queue.take(arrived),
      spans: Effect.map(spans, (exports) => exports.flatMap(spansOf))
    }
  })
