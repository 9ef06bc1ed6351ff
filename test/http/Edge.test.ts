import { HttpApi } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import { assertEquals, assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { Api } from "../../src/features/Api.ts"
import { at } from "../support/at.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const name = `edge ${yield* Effect.clockWith((clock) => clock.currentTimeNanos)}`
  const { id } = yield* client.ask(({ rooms }) => rooms.create({ payload: { name } }))
  return { ...client, id }
})

const Paths = Schema.Record({ key: Schema.String, value: Schema.Object })

// Nobody takes the traces, but they are recorded.
const house = House.shared({ settings: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" } })

layer(house, { excludeTestServices: true })("Edge", (it) => {
  describe("trace", () => {
    it.effect("every answer names its trace, an error or the stream's no less", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { events, id, json } = yield* setup
          const nobody = yield* Client.as(null)

          const heads = [
            (yield* json("GET", "/rooms")).headers,
            (yield* json("GET", "/nowhere")).headers,
            (yield* nobody.json("GET", "/rooms")).headers,
            (yield* nobody.send("OPTIONS", "/rooms")).headers,
            (yield* nobody.send("GET", "/docs")).headers,
            (yield* events(`/rooms/${id}/stream`)).headers
          ]

          const traces = heads.map((headers) => headers["traceparent"] ?? "")
          for (const trace of traces) assert.match(trace, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
          assertEquals(new Set(traces).size, traces.length)
        })
      )
    )

    it.effect("a caller's traceparent is not obeyed", () =>
      Effect.gen(function* () {
        const { json } = yield* setup
        const theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

        const { headers } = yield* json("GET", "/rooms", undefined, { traceparent: theirs })

        assert.notInclude(headers["traceparent"] ?? "", "0af7651916cd43dd8448eb211c80319c")
        assertTrue(headers["traceparent"]?.endsWith("-01") ?? false)
      })
    )
  })

  describe("browsers", () => {
    it.effect("from the development page's origin may call, with its own headers, and read errors", () =>
      Effect.gen(function* () {
        const { json } = yield* setup
        const nobody = yield* Client.as(null)
        const origin = "http://localhost:5173"

        const preflight = yield* nobody.send("OPTIONS", "/rooms", undefined, {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "x-api-key,ngrok-skip-browser-warning,content-type"
        })
        const answers = [
          yield* json("GET", "/rooms", undefined, { origin, "ngrok-skip-browser-warning": "true" }),
          yield* nobody.json("GET", "/rooms", undefined, { origin }),
          yield* nobody.json("GET", "/nowhere", undefined, { origin })
        ]

        assertEquals(preflight.status, 204)
        assertInclude(preflight.headers["access-control-allow-headers"], "x-api-key")
        assertInclude(preflight.headers["access-control-allow-headers"], "ngrok-skip-browser-warning")
        for (const method of ["GET", "POST", "PATCH", "DELETE"]) {
          assertInclude(preflight.headers["access-control-allow-methods"], method)
        }
        for (const { headers } of [preflight, ...answers]) {
          assertEquals(headers["access-control-allow-origin"], origin)
          assertEquals(headers["access-control-allow-credentials"], "true")
        }
      })
    )

    it.effect("from anywhere else get no leave, not even with an error", () =>
      Effect.gen(function* () {
        const { json } = yield* setup
        const nobody = yield* Client.as(null)
        const origin = "http://evil.example"

        const answers = [
          yield* json("GET", "/rooms", undefined, { origin }),
          yield* nobody.json("GET", "/rooms", undefined, { origin }),
          yield* nobody.send("OPTIONS", "/rooms", undefined, { origin, "access-control-request-method": "POST" })
        ]

        for (const { headers } of answers) assertEquals(headers["access-control-allow-origin"], undefined)
      })
    )
  })

  describe("documents", () => {
    it.effect("the contract lists every route, and the page about it answers", () =>
      Effect.gen(function* () {
        const nobody = yield* Client.as(null)
        const expected: Array<string> = []
        HttpApi.reflect(Api, {
          onGroup: () => {},
          onEndpoint: ({ endpoint }) => {
            const path = endpoint.path.replace(/:(\w+)/g, "{$1}").replace(/(?<=.)\/$/, "")
            expected.push(`${endpoint.method.toLowerCase()} ${path}`)
          }
        })

        const { data } = yield* nobody.json("GET", "/openapi.json")
        const docs = yield* nobody.send("GET", "/docs")

        const paths = yield* Schema.decodeUnknown(Paths)(at(data, "paths"))
        const listed = Object.entries(paths).flatMap(([path, methods]) =>
          Object.keys(methods).map((method) => `${method} ${path.replace(/(?<=.)\/$/, "")}`)
        )
        deepStrictEqual(listed.toSorted(), expected.toSorted())
        assertTrue(listed.includes("post /rooms/{room_id}/messages/send"))
        assertEquals(docs.status, 200)
        assertInclude(docs.headers["content-type"], "text/html")
      })
    )
  })
})
