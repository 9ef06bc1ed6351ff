import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schedule } from "effect"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import * as Line from "../support/Line.ts"

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  return { ...client, line: Line.open(client.base) }
})

const head = "GET /health HTTP/1.1\r\nHost: localhost\r\n"

layer(House.shared(), { excludeTestServices: true })("Requests as bytes", (it) => {
  it.effect("headers that are too large or too many are refused, and it is said so", () =>
    Effect.gen(function* () {
      const { base } = yield* setup
      const many = Array.from({ length: 120 }, (_, at) => `X-${at}: 1\r\n`).join("")

      const large = yield* Line.ask(base, `${head}X: ${"x".repeat(17_000)}\r\n\r\n`)
      const crowd = yield* Line.ask(base, `${head}${many}Connection: close\r\n\r\n`)
      const few = yield* Line.ask(base, `${head}${many.slice(0, 500)}Y: 1\r\nConnection: close\r\n\r\n`)

      deepStrictEqual([Line.statusOf(large), Line.bodyOf(large)._tag], [431, "HeadersTooLarge"])
      deepStrictEqual([Line.statusOf(crowd), Line.bodyOf(crowd)._tag], [431, "TooManyHeaders"])
      assertEquals(Line.statusOf(few), 200)
    })
  )

  it.effect("what is not HTTP is answered in the words of other errors, and closed", () =>
    Effect.gen(function* () {
      const { base } = yield* setup

      const answers = yield* Effect.forEach(
        ["\u0000\u0001\r\n\r\n", "HELO\r\n\r\n", `${head}Bad Header\r\n\r\n`],
        (text) => Line.ask(base, text)
      )

      deepStrictEqual(
        answers.map((answer) => [Line.statusOf(answer), Line.bodyOf(answer)._tag]),
        answers.map(() => [400, "RequestUnreadable"])
      )
    })
  )

  it.effect("a request is named by its caller where the name is fit, and else by its trace", () =>
    Effect.gen(function* () {
      const { json } = yield* setup
      const ask = (name: string) => json("GET", "/health", undefined, { "x-request-id": name })

      const fit = yield* Effect.forEach(["a", "My-1.2_3", "x".repeat(128)], (name) =>
        Effect.map(ask(name), ({ headers }) => headers["x-request-id"] === name)
      )
      const unfit = yield* Effect.forEach(["", "a b", "<b>", "x".repeat(129), "é"], ask)
      const failed = yield* json("GET", "/nowhere", undefined, { "x-request-id": "mine" })

      deepStrictEqual(fit, [true, true, true])
      for (const { headers } of unfit) assertEquals(headers["x-request-id"], headers["traceparent"]?.split("-")[1])
      assertEquals(failed.headers["x-request-id"], "mine")
    })
  )
})

layer(House.shared({ settings: { HEADERS_SECONDS: "1", REQUEST_SECONDS: "2" } }), { excludeTestServices: true })(
  "Slow requests",
  (it) => {
    it.scoped(
      "that say nothing, or their head or body a letter at a time, are ended; others are served meanwhile",
      () =>
        Effect.gen(function* () {
          const { json, line, token } = yield* setup
          const drip = Effect.fnUntraced(function* (begin: string) {
            const slow = yield* line
            yield* slow.say(begin)
            yield* Effect.forkScoped(Effect.repeat(slow.say(" "), Schedule.spaced("50 millis")))
            return slow
          })
          const post = `POST /rooms HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${token}\r\nContent-Length: 999\r\n\r\n{`
          const silent = yield* line
          const slowHead = yield* drip(`${head}X: `)
          const slowBody = yield* drip(post)

          const meanwhile = yield* json("GET", "/health")
          const answers = [yield* silent.closed, yield* slowHead.closed, yield* slowBody.closed]

          assertEquals(meanwhile.status, 200)
          deepStrictEqual(
            answers.map((answer) => [Line.statusOf(answer), Line.bodyOf(answer)._tag]),
            [
              [408, "RequestTooSlow"],
              [408, "RequestTooSlow"],
              [408, "RequestTooSlow"]
            ]
          )
        })
    )
  }
)

layer(House.shared({ settings: { MAX_SOCKETS: "100" } }), { excludeTestServices: true })("Crowds", (it) => {
  it.scoped("two thousand connections that say nothing keep nobody out, nor end a stream", () =>
    Effect.gen(function* () {
      const { ask, base, events } = yield* setup
      const { id } = yield* ask(({ rooms }) => rooms.create({ payload: { name: "crowded" } }))
      const stream = yield* events(`/rooms/${id}/stream`)

      const crowd = yield* Effect.replicateEffect(Line.open(base), 2000)
      const answer = yield* Line.ask(base, `${head}Connection: close\r\n\r\n`)
      yield* ask(({ messages }) => messages.send({ path: { room_id: id }, payload: { content: "still here" } }))
      const frame = yield* stream.hears("new_message")
      const left = yield* Effect.filter(crowd, ({ isOpen }) => isOpen)

      assertEquals(Line.statusOf(answer), 200)
      assertEquals(frame.message.content, "still here")
      assertTrue(left.length <= 100)
    })
  )
})
