import { describe, it } from "@effect/vitest"
import { assertEquals, assertInstanceOf, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Option } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { createServer } from "node:http"
import { connect, type Socket } from "node:net"
import { Crashed } from "../../../../src/domain/ProviderError.ts"
import { stringify } from "../../../../src/lib/json.ts"
import { costOf, play, spec } from "../../../support/ClaudeHouse.ts"
import { makeAnthropic, makeOpenAi } from "../../../support/HttpHouse.ts"

/** A proxy on loopback that notes where it is asked to go, and goes there when it may. */
const makeProxy = (lets: boolean) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const sockets = new Set<Socket>()
    const server = createServer().on("connect", ({ headers, url = "" }, socket: Socket) => {
      asked.push(`${url} ${headers["proxy-authorization"]}`)
      sockets.add(socket)
      if (!lets) return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n")
      const [host, port] = url.split(":")
      const there = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
        there.pipe(socket)
        socket.pipe(there)
      })
      socket.on("error", () => there.destroy())
      there.on("error", () => socket.destroy())
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.async<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { asked, url: `http://bob:hunter2@127.0.0.1:${port}` }
  })

const through = (url: string, except: Option.Option<string> = Option.none()) => ({
  proxies: { http: Option.some(url), https: Option.none(), except }
})

const login = `Basic ${Buffer.from("bob:hunter2").toString("base64")}`

describe("a proxy of the settings", () => {
  for (const [name, makeHouse] of [
    ["anthropic", makeAnthropic],
    ["openai", makeOpenAi]
  ] as const) {
    it.scopedLive(`is the way of ${name}, but for the hosts that need none`, () =>
      Effect.gen(function* () {
        const proxy = yield* makeProxy(true)
        const near = yield* makeHouse(through(proxy.url, Option.some("127.0.0.1")))
        const far = yield* makeHouse(through(proxy.url))

        const turns = yield* Effect.forEach([near, far], ({ provider }) =>
          Effect.flatMap(provider.open(spec()), (session) => costOf(session, "Hi"))
        )

        deepStrictEqual(
          turns.map((usage) => usage?.outputTokens),
          [7, 7]
        )
        // A turn and the list of models may need a connection each.
        deepStrictEqual([...new Set(proxy.asked)], [`${far.api.url.replace("http://", "")} ${login}`])
      })
    )
  }

  it.scopedLive("that refuses is said to do so, without its password", () =>
    Effect.gen(function* () {
      const proxy = yield* makeProxy(false)
      const { provider } = yield* makeAnthropic(through(proxy.url))
      const session = yield* provider.open(spec())

      const error = yield* Effect.flip(play(session, "Hi"))

      assertInstanceOf(error, Crashed)
      assertEquals(stringify(error).includes("hunter2"), false)
    })
  )
})
