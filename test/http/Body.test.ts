import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { request } from "node:http"
import { at } from "../support/at.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import * as Line from "../support/Line.ts"

let rooms = 0

type Head = Readonly<Record<string, string>>

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const { id } = yield* client.ask((parley) => parley.rooms.create({ payload: { name: `bodies ${++rooms}` } }))
  const path = `/rooms/${id}/messages`
  const json = { "content-type": "application/json", "x-api-key": client.token }

  /** In one piece for each part, and without a word about the size. */
  const post = (parts: ReadonlyArray<string | Uint8Array>, head: Head = {}, to = `${path}/send`) =>
    Effect.async<{ readonly status: number; readonly data: unknown }>((resume) => {
      const asked = request(`${client.base}${to}`, { method: "POST", headers: { ...json, ...head } }, (response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk))
        response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, data: JSON.parse(text) })))
      })
      asked.on("error", (error) => resume(Effect.die(error)))
      for (const part of parts) asked.write(part)
      asked.end()
    }).pipe(Effect.timeout("10 seconds"), Effect.orDie)

  const kept = client.ask(({ messages }) => messages.list({ path: { room_id: id } }))
  return { ...client, path, post, kept, stored: Effect.map(kept, ({ length }) => length) }
})

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)
const seen = ({ data, status }: { readonly data: unknown; readonly status: number }) => [status, at(data, "_tag")]
const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth)

layer(House.shared({ settings: { MAX_BODY_BYTES: "300000" } }), { excludeTestServices: true })("Bodies", (it) => {
  it.effect("one that is too large without having said so is 413, on every route, and stores nothing", () =>
    Effect.gen(function* () {
      const { post, stored } = yield* setup
      const large = [`{"content":"`, ...Array.from({ length: 400 }, () => "x".repeat(1000)), `"}`]

      const sent = yield* post(large)
      const login = yield* post(large, {}, "/login")

      deepStrictEqual(seen(sent), [413, "BodyTooLarge"])
      assertEquals(at(sent.data, "detail"), "The body is larger than 300000 bytes")
      assertTrue(typeof at(sent.data, "trace_id") === "string")
      deepStrictEqual(seen(login), [413, "BodyTooLarge"])
      assertEquals(yield* stored, 0)
    })
  )

  it.effect("one without an end is answered while it is being sent", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { base, path, token } = yield* setup
        const line = yield* Line.open(base)
        yield* line.say(
          `POST ${path}/send HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`
        )
        const chunk = `${(1000).toString(16)}\r\n${"x".repeat(1000)}\r\n`

        yield* line.say(chunk.repeat(301))

        deepStrictEqual(Line.statusOf(yield* line.first), 413)
      })
    )
  )

  it.effect("one that is compressed, or in another script than UTF-8, is 415", () =>
    Effect.gen(function* () {
      const { post, stored } = yield* setup
      const body = [`{"content":"Hello."}`]

      const answers = yield* Effect.forEach(
        [
          { "content-encoding": "gzip" },
          { "content-encoding": "br" },
          { "content-type": "application/json; charset=utf-16" },
          { "content-type": `application/json; charset="iso-8859-1"` },
          { "content-type": "application/jsonp" }
        ],
        (head: Head) => post(body, head)
      )
      const fine = yield* Effect.forEach(
        [
          { "content-encoding": "identity" },
          { "content-type": "application/json;charset=UTF-8" },
          { "content-type": `application/json; charset="utf-8"; x=y` }
        ],
        (head: Head) => post(body, head)
      )

      for (const answer of answers) deepStrictEqual(seen(answer), [415, "BodyNotJson"])
      deepStrictEqual(
        fine.map(({ status }) => status),
        [200, 200, 200]
      )
      assertEquals(yield* stored, 3)
    })
  )

  it.effect("bytes that are no UTF-8 are refused, and a letter that comes in two pieces is not", () =>
    Effect.gen(function* () {
      const { post } = yield* setup

      const wrong = yield* post([`{"content":"`, bytes(0xff, 0xfe), `"}`])
      const half = yield* post([`{"content":"`, bytes(0xe2, 0x82), `"}`])
      const euro = yield* post([`{"content":"`, bytes(0xe2, 0x82), bytes(0xac), `"}`])

      deepStrictEqual(
        [seen(wrong), seen(half)],
        [
          [422, "Invalid"],
          [422, "Invalid"]
        ]
      )
      deepStrictEqual([euro.status, at(euro.data, "content")], [200, "€"])
    })
  )

  it.effect(
    "one that is nested without an end is refused, and names of the language's own are fields like any other",
    () =>
      Effect.gen(function* () {
        const { kept, post, stored } = yield* setup
        const depth = 100_000

        const nested = yield* Effect.forEach(
          [
            deep(depth),
            `{"content":${deep(depth)}}`,
            `{"content":"x","more":${deep(depth)}}`,
            `{"mentioned_agent_ids":${deep(depth)},"content":"x"}`,
            `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`
          ],
          (body) => post([body])
        )
        const text = yield* post([`{"content":"\\"${"[{".repeat(1000)}"}`])
        const names = yield* Effect.forEach(
          [
            `{"__proto__":{"content":"x","polluted":true}}`,
            `{"content":"x","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`,
            `{"constructor":"x","hasOwnProperty":1}`
          ],
          (body) => post([body])
        )

        for (const answer of nested) deepStrictEqual(seen(answer), [422, "Invalid"])
        assertEquals(text.status, 200)
        deepStrictEqual(
          names.map(({ status }) => status),
          [422, 200, 422]
        )
        assertEquals("polluted" in {}, false)
        assertEquals(yield* stored, 2)
        assertEquals(
          (yield* kept).some((it) => "polluted" in it),
          false
        )
      })
  )

  it.effect("one that ends before its time is refused, and stores nothing", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { base, path, stored, token } = yield* setup
        const line = yield* Line.open(base)
        yield* line.say(
          `POST ${path}/send HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${token}\r\nContent-Length: 99\r\n\r\n{"content":"x"}`
        )

        yield* line.end

        assertEquals(Line.statusOf(yield* line.closed), 400)
        assertEquals(yield* stored, 0)
      })
    )
  )
})
