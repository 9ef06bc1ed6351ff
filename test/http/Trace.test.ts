import { HttpApp, HttpServerResponse } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Tracer } from "effect"
import { traced } from "../../src/http/Trace.ts"

/** What a request leads to, and the span that it leaves behind. */
const ask = (headers: Record<string, string>) =>
  Effect.gen(function* () {
    const inner = yield* Effect.tracer
    const spans: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      context: inner.context,
      span: (...args) => {
        const span = inner.span(...args)
        spans.push(span)
        return span
      }
    })
    const app = Effect.withTracer(traced(Effect.succeed(HttpServerResponse.empty())), tracer)
    const response = yield* Effect.promise(() =>
      HttpApp.toWebHandler(app)(new Request("http://parley/health", { headers }))
    )
    const span = spans.find(({ name }) => name === "GET /health")
    return { response, span }
  })

const attribute = "http.request.header.x-request-id"

describe("The span of a request", () => {
  it.effect("bears the caller's name for the request, and the answer the same", () =>
    Effect.gen(function* () {
      const { response, span } = yield* ask({ "x-request-id": "order-7" })

      deepStrictEqual([span?.attributes.get(attribute), response.headers.get("x-request-id")], ["order-7", "order-7"])
    })
  )

  it.effect("bears no name that is unfit, and the answer has the trace's", () =>
    Effect.gen(function* () {
      const { response, span } = yield* ask({ "x-request-id": "an order" })

      assertEquals(span?.attributes.has(attribute), false)
      assertEquals(response.headers.get("x-request-id"), span?.traceId)
    })
  )
})
