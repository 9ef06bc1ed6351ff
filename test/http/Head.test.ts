import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, FastCheck as fc, Runtime } from "effect"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import * as Line from "../support/Line.ts"

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const name = `head ${yield* Effect.clockWith((clock) => clock.currentTimeNanos)}`
  const { id } = yield* client.ask(({ rooms }) => rooms.create({ payload: { name } }))
  const path = `/rooms/${id}/messages`
  // From now on the page is remembered, and answered on the short way.
  yield* client.ask(({ messages }) => messages.list({ path: { room_id: id } }))
  const host = new URL(client.base).host
  const own = `X-API-Key: ${client.token}`
  const ask = (lines: ReadonlyArray<string>, body = "") =>
    Effect.map(Line.ask(client.base, `${[...lines, "Connection: close", "", body].join("\r\n")}`), (answer) => ({
      status: Line.statusOf(answer),
      tag: Line.statusOf(answer) === 200 ? "" : Line.bodyOf(answer)._tag,
      answer
    }))
  return { ask, host, own, path, token: client.token }
})

const outcome = ({ status, tag }: { readonly status: number; readonly tag: string }) => `${status} ${tag}`.trim()

layer(House.shared(), { excludeTestServices: true })("The head of a request", (it) => {
  it.effect("says each thing once: what stands there twice is refused by its name, on the short way also", () =>
    Effect.gen(function* () {
      const { ask, host, own, path } = yield* setup
      const twice = ["Host: 127.0.0.1", own, "Last-Event-ID: 1", "Authorization: Bearer x", "Content-Type: text/plain"]

      for (const line of twice) {
        const lines = [`GET ${path} HTTP/1.1`, ...(line.startsWith("Host") ? [] : [`Host: ${host}`]), own]
        const more = line === own ? [line] : [line, line.replace(/^[^:]+/, (name) => name.toUpperCase())]
        const { answer, ...found } = yield* ask([...lines, ...more])
        assertEquals(outcome(found), "400 HeaderTwice")
        assertEquals(Line.bodyOf(answer).detail.includes(`'${line.split(":")[0]?.toLowerCase()}'`), true)
      }
      assertEquals(outcome(yield* ask([`GET ${path} HTTP/1.1`, `Host: ${host}`, own])), "200")
      assertEquals(outcome(yield* ask([`GET ${path} HTTP/1.1`, `Host: ${host}`, own, "Accept: a", "Accept: b"])), "200")
    })
  )

  it.effect("names one host: another in the address, or a line that is none, is refused", () =>
    Effect.gen(function* () {
      const { ask, host, own, path } = yield* setup
      const target = (url: string, named = host, method = "GET") =>
        Effect.map(ask([`${method} ${url} HTTP/1.1`, `Host: ${named}`, own]), outcome)

      const found = {
        "the same host": yield* target(`http://${host}${path}`),
        "the same host in capitals, with the usual port": yield* target(`HTTP://LOCALHOST${path}`, "localhost:80"),
        "the same host, whose header is in capitals": yield* target(`http://localhost${path}`, "LOCALHOST"),
        "another host": yield* target(`http://evil.example${path}`),
        "another port": yield* target(`http://127.0.0.1:1${path}`),
        "another host than is allowed, twice": yield* target(`http://evil.example${path}`, "evil.example"),
        "another scheme": yield* target(`ftp://${host}${path}`),
        "no host": yield* target(`http://${path}`),
        "a star": yield* target("*"),
        "a list of hosts": yield* target(path, `${host}, evil.example`),
        "somebody at a host": yield* target(path, `evil.example@${host}`),
        "a path in it": yield* target(path, `${host}/x`)
      }

      deepStrictEqual(found, {
        "the same host": "200",
        "the same host in capitals, with the usual port": "200",
        "the same host, whose header is in capitals": "200",
        "another host": "400 HostContradicted",
        "another port": "400 HostContradicted",
        "another host than is allowed, twice": "421 HostNotAllowed",
        "another scheme": "400 TargetUnreadable",
        "no host": "400 TargetUnreadable",
        "a star": "400 TargetUnreadable",
        "a list of hosts": "400 HostUnreadable",
        "somebody at a host": "400 HostUnreadable",
        "a path in it": "400 HostUnreadable"
      })
    })
  )

  it.effect("says in words that the host is missing, and gives a preflight no other treatment", () =>
    Effect.gen(function* () {
      const { ask, host } = yield* setup

      deepStrictEqual(
        [
          outcome(yield* ask(["GET /health HTTP/1.1"])),
          outcome(yield* ask(["GET /health HTTP/1.0"])),
          outcome(yield* ask(["OPTIONS /rooms HTTP/1.1", `Host: ${host}`, `Host: ${host}`])),
          outcome(yield* ask(["OPTIONS /rooms HTTP/1.1", "Host: evil.example", "Origin: http://localhost:5173"]))
        ],
        ["400 HostMissing", "400 HostMissing", "400 HeaderTwice", "421 HostNotAllowed"]
      )
    })
  )

  it.effect("leaves no doubt where the body ends", () =>
    Effect.gen(function* () {
      const { ask, host, own, path } = yield* setup
      const send = (lines: ReadonlyArray<string>) =>
        Effect.map(ask([`POST ${path}/send HTTP/1.1`, `Host: ${host}`, own, ...lines], '{"content":"a"}'), outcome)
      const type = "Content-Type: application/json"

      deepStrictEqual(
        [
          yield* send([type, "Content-Length: 15"]),
          yield* send([type, "Content-Length: 15", "Content-Length: 15"]),
          yield* send([type, "Content-Length: 15", "Transfer-Encoding: chunked"]),
          yield* send([type, "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked"]),
          yield* send([type, type, "Content-Length: 15"]),
          yield* send([type, "Content-Length: 15", "Idempotency-Key: a", "Idempotency-Key: b"])
        ].map((found) => found.slice(0, 3)),
        ["200", "400", "400", "400", "400", "400"]
      )
    })
  )

  it.effect("whatever is added to it, is answered alike on the short way and on the long one", () =>
    Effect.gen(function* () {
      const { ask, host, own, path } = yield* setup
      const runtime = yield* Effect.runtime<never>()
      const line = fc.constantFrom(
        `Host: ${host}`,
        "Host: evil.example",
        "hOST:",
        own,
        "Authorization: Basic x",
        "Last-Event-ID: x",
        "X-Forwarded-Host: evil.example",
        "Accept: */*"
      )
      const target = fc.constantFrom(
        path,
        `http://${host}${path}`,
        `http://evil.example${path}`,
        `//evil.example${path}`
      )
      const alike = fc.asyncProperty(target, fc.array(line, { maxLength: 4 }), (url, lines) =>
        Runtime.runPromise(runtime)(
          Effect.gen(function* () {
            const short = yield* ask([`GET ${url} HTTP/1.1`, ...lines])
            // What a page of another origin asks is never answered on the short way.
            const long = yield* ask([`GET ${url} HTTP/1.1`, ...lines, "Origin: http://localhost:5173"])
            assertEquals(outcome(short), outcome(long))
          })
        )
      )
      yield* Effect.promise(() => fc.assert(alike, { numRuns: 60, seed: 1 }))
    })
  )
})
