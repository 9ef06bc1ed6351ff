import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { inHouse, room } from "../../../support/Duo.ts"
import { listening } from "../../../support/listening.ts"
import * as Puppet from "../../../support/Puppet.ts"

const Metric = Schema.Struct({
  name: Schema.String,
  gauge: Schema.optional(Schema.Struct({ dataPoints: Schema.Array(Schema.Struct({ asDouble: Schema.Number })) }))
})
const Export = Schema.parseJson(
  Schema.Struct({
    resourceMetrics: Schema.Array(
      Schema.Struct({ scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(Metric) })) })
    )
  })
)

/** What a collector is sent of a house in which somebody is answered, to its end. */
const pushed = Effect.fnUntraced(function* (settings: Readonly<Record<string, string>>) {
  const bodies: Array<string> = []
  const { url } = yield* listening((request, response) => {
    let body = ""
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk
    })
    request.on("end", () => {
      if (request.url === "/v1/metrics") bodies.push(body)
      response.end("{}")
    })
  })
  yield* Effect.scoped(
    inHouse(
      Puppet.make({ act: Puppet.skip }),
      Effect.gen(function* () {
        const { say, watch } = yield* room()
        yield* say("Hello?")
        yield* watch.ended
      }),
      { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...settings }
    )
  )
  return bodies
})

describe("metrics", () => {
  it.scopedLive("go to the collector too, what the services count themselves included, and once more at the end", () =>
    Effect.gen(function* () {
      const bodies = yield* pushed({ WRITE_QUEUE_CAPACITY: "77" })

      assertTrue(bodies.length > 0)
      const { resourceMetrics } = yield* Schema.decode(Export)(bodies.at(-1) ?? "")
      const sent = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      const named = (name: string) => sent.filter((metric) => metric.name === name)

      for (const name of ["parley_http_requests_total", "parley_turns_total"]) assertEquals(named(name).length, 1, name)
      deepStrictEqual(
        named("parley_write_queue_capacity").map(({ gauge }) => gauge?.dataPoints),
        [[{ asDouble: 77 }]]
      )
    })
  )

  it.scopedLive("stay here where the collector takes only traces", () =>
    Effect.map(pushed({ OTEL_METRICS_EXPORTER: "none" }), (bodies) => deepStrictEqual(bodies, []))
  )
})
