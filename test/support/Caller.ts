import { HttpBody, HttpClient, HttpClientRequest, type HttpMethod } from "@effect/platform"
import { Deferred, Effect, Schema, Stream } from "effect"

const Body = Schema.parseJson(Schema.Any)

/** Speaks to the server with the token, if there is one. */
export const client = Effect.fn(function* (base: string, token?: string) {
  const http = yield* HttpClient.HttpClient
  const send = (method: HttpMethod.HttpMethod, path: string, body?: unknown) =>
    http.execute(
      HttpClientRequest.make(method)(`${base}${path}`).pipe(
        HttpClientRequest.setHeaders(token === undefined ? {} : { "x-api-key": token }),
        body === undefined ? (request) => request : HttpClientRequest.setBody(HttpBody.unsafeJson(body))
      )
    )

  const call = (method: HttpMethod.HttpMethod, path: string, body?: unknown) =>
    Effect.gen(function* () {
      const response = yield* send(method, path, body)
      const data = yield* Effect.flatMap(response.text, Schema.decode(Body))
      return { status: response.status, headers: response.headers, data }
    })

  /** A reader of the room's stream, with what it has read so far. */
  const follow = Effect.fn(function* (roomId: number, query = "") {
    const reader = { text: "" }
    const waiting = new Set<() => void>()
    const response = yield* send("GET", `/rooms/${roomId}/stream${query}`)
    const opened = yield* Deferred.make<void>()
    const ended = yield* response.stream.pipe(
      Stream.decodeText(),
      Stream.runForEach((chunk) =>
        Effect.sync(() => {
          reader.text += chunk
          for (const look of waiting) look()
          Deferred.unsafeDone(opened, Effect.void)
        })
      ),
      Effect.forkScoped
    )
    yield* Deferred.await(opened)
    const sees = (pattern: RegExp) =>
      Effect.async<RegExpExecArray>((resume) => {
        const look = () => {
          const found = pattern.exec(reader.text)
          if (found !== null) resume(Effect.succeed(found))
        }
        waiting.add(look)
        look()
        return Effect.sync(() => waiting.delete(look))
      })
    return { reader, sees, ended }
  })

  return { call, follow, token }
})

/** Logs in with the password. */
export const login = Effect.fn(function* (base: string, password = "admin") {
  const { call } = yield* client(base)
  const { data } = yield* call("POST", "/auth/login", { password })
  return yield* client(base, data.api_key)
})
