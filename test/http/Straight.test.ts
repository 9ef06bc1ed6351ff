import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { request } from "node:http"
import { Credentials } from "../../src/features/Credentials.ts"
import { Origins } from "../../src/features/Origins.ts"
import { RateLimits } from "../../src/features/RateLimits.ts"
import * as Straight from "../../src/http/Straight.ts"
import { Settings } from "../../src/process/Settings.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import { listening } from "../support/listening.ts"

interface Asked {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const ask = (base: string, { body = `{"content":"Hello."}`, headers = {}, method = "POST", path }: Asked) =>
  Effect.async<{ readonly status: number; readonly headers: Record<string, unknown>; readonly body: string }>(
    (resume) => {
      const asked = request(base, { method, path, agent: false, headers }, (answer) => {
        let text = ""
        answer.setEncoding("utf8").on("data", (part) => (text += part))
        answer.once("end", () => {
          const { date: _date, ...headers } = answer.headers
          resume(Effect.succeed({ status: answer.statusCode ?? 0, headers, body: text }))
        })
      })
      asked.end(body)
    }
  )

/** All but what no two answers share. */
const comparable = ({ body, headers, status }: Effect.Effect.Success<ReturnType<typeof ask>>) => {
  const trace = /^00-([0-9a-f]{32})-[0-9a-f]{16}-0[01]$/.exec(String(headers["traceparent"]))?.[1]
  const own = headers["x-request-id"] === trace ? "trace" : headers["x-request-id"]
  const { id, timestamp, trace_id, ...said } = JSON.parse(body)
  const kinds = { id: typeof id, timestamp: timestamp?.length, isTraced: trace_id === trace }
  const order = Object.keys(JSON.parse(body))
  // The id of a message is as long as it happens to be.
  const { "content-length": length, ...rest } = headers
  assertEquals(Number(length), Buffer.byteLength(body))
  return { status, said, kinds, order, headers: { ...rest, traceparent: trace?.length, "x-request-id": own } }
}

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
const pictured = `{"content":"Look.","images":[{"data":"${png}","media_type":"image/png"}]}`

const elsewhere = 599
const setup = Effect.gen(function* () {
  const admin = yield* Client.make
  const guest = yield* Client.guest
  const room = yield* guest.ask(({ rooms }) => rooms.create({ payload: { name: "said often" } }))
  const hidden = yield* admin.ask(({ rooms }) => rooms.create({ payload: { name: `hidden ${room.id}` } }))
  const alone = yield* Straight.make((_request, response) => void response.writeHead(elsewhere).end())
  const { url } = yield* listening(alone)
  const key = { "x-api-key": guest.token, "content-type": "application/json" }
  const to = (id: bigint | number | string) => `/rooms/${id}/messages/send`
  return { guest, base: guest.base, hidden: to(hidden.id), key, path: to(room.id), room, straight: url, to }
}).pipe(
  Effect.provide(
    Layer.mergeAll(Credentials.layer, RateLimits.layer).pipe(
      Layer.provideMerge(Origins.layer),
      Layer.provideMerge(Settings.layerFrom({ RATE_LIMITS: "false", MAX_BODY_BYTES: "20000" }))
    )
  )
)

/** The same to the contract, and not plain: each digit by its code. */
const spelled = ({ path, ...rest }: Asked): Asked => ({ ...rest, path: path.replace(/\d/g, "%3$&") })

layer(House.shared({ settings: { MAX_BODY_BYTES: "20000" } }), { excludeTestServices: true })("A send", (it) => {
  it.scoped("is answered as the library answers it, header by header, whether it is stored or refused", () =>
    Effect.gen(function* () {
      const { base, guest, hidden, key, path, straight, to } = yield* setup
      const cookie = { cookie: `a=b; auth_token=${guest.token}`, "content-type": "application/json" }
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
      const examples: ReadonlyArray<readonly [status: number, asked: Asked]> = [
        [200, { path, headers: key }],
        [200, { path: `${path}?`, headers: key }],
        [200, { path: `${path}?unheard_of=1`, headers: key }],
        [200, { path, headers: { authorization: `Bearer ${guest.token}` } }],
        [200, { path, headers: cookie }],
        [200, { path, headers: { ...cookie, "sec-fetch-site": "same-origin" } }],
        [200, { path, headers: { ...key, origin: "http://localhost:5173" } }],
        [200, { path, headers: { ...key, origin: "http://evil.example" } }],
        [200, { path, headers: { ...key, "x-request-id": "evening-7", traceparent } }],
        [200, { path, headers: { ...key, "content-type": "application/json; charset=UTF-8" } }],
        [200, { path, headers: { ...key, "transfer-encoding": "chunked" } }],
        [200, { path, headers: key, body: `{"content":"Sung: \\ud800","participant_type":"agent","role":"system"}` }],
        [200, { path, headers: { ...key, prefer: "return=minimal", "idempotency-key": "two" }, body: pictured }],
        [200, { path, headers: { ...key, "idempotency-key": "one" } }],
        [422, { path, headers: { ...key, "idempotency-key": "" } }],
        [401, { path }],
        [401, { path, headers: { ...key, "x-api-key": `${guest.token}x` } }],
        [401, { path, headers: { ...cookie, "sec-fetch-site": "cross-site" } }],
        [403, { path: hidden, headers: key }],
        [404, { path: to(999_999), headers: key }],
        [413, { path, headers: key, body: "x".repeat(30_000) }],
        [413, { path, headers: { ...key, "transfer-encoding": "chunked" }, body: "x".repeat(30_000) }],
        [415, { path, headers: { ...key, "content-type": "text/plain" } }],
        [415, { path, headers: { ...key, "content-encoding": "gzip" } }],
        [422, { path, headers: key, body: "" }],
        [422, { path, headers: key, body: "{" }],
        [422, { path, headers: key, body: "[".repeat(200) }],
        [422, { path, headers: key, body: `{"content":7}` }],
        [422, { path, headers: key, body: `{"content":""}` }],
        [422, { path, headers: key, body: `{"content":"x","images":[{"data":"no image"}]}` }]
      ]
      for (const [status, example] of examples) {
        const long = comparable(yield* ask(base, spelled(example)))
        const short = comparable(yield* ask(straight, example))
        deepStrictEqual([example, short], [example, long])
        deepStrictEqual([example, comparable(yield* ask(base, example))], [example, long])
        assertEquals(long.status, status)
      }
    })
  )

  it.scoped("is left to the library where its head is refused, or is not plain", () =>
    Effect.gen(function* () {
      const { base, key, path, straight, to } = yield* setup
      const many = Object.fromEntries(Array.from({ length: 110 }, (_, at) => [`x-${at}`, "1"]))
      const examples: ReadonlyArray<readonly [status: number, asked: Asked]> = [
        [200, spelled({ path, headers: key })],
        [200, { path: `${path}/`, headers: key }],
        [200, { path, headers: { ...key, "set-cookie": "a=b" } }],
        [405, { path, method: "PATCH", headers: key }],
        [404, { path: `${path}/more`, headers: key }],
        [422, { path: to("one"), headers: key }],
        [422, { path: to(9_007_199_254_740_993n), headers: key }],
        [421, { path, headers: { ...key, host: "evil.example" } }],
        [431, { path, headers: { ...key, ...many } }]
      ]
      for (const [status, example] of examples) {
        const { status: short } = yield* ask(straight, example)
        const whole = yield* ask(base, example)
        deepStrictEqual([example, short, whole.status], [example, elsewhere, status])
        assertTrue(String(whole.headers["traceparent"]).startsWith("00-"))
      }
    })
  )
})
