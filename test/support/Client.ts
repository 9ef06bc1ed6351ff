import { HttpBody, HttpClient, HttpClientRequest, type HttpMethod, HttpServer } from "@effect/platform"
import { Effect, Schema } from "effect"
import { Auth } from "../../src/Auth.ts"

const Json = Schema.parseJson(Schema.Any)

/** Speaks HTTP to the house of the test as its admin. */
export const make = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  const auth = yield* Auth
  const { token } = yield* Effect.flatMap(auth.link, auth.exchange)
  const base = HttpServer.formatAddress(address).replace("0.0.0.0", "127.0.0.1")
  const http = yield* HttpClient.HttpClient

  const send = (method: HttpMethod.HttpMethod, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    http.execute(
      HttpClientRequest.make(method)(`${base}${path}`).pipe(
        HttpClientRequest.setHeaders({ "x-api-key": token, ...headers }),
        body === undefined ? (request) => request : HttpClientRequest.setBody(HttpBody.unsafeJson(body))
      )
    )

  const json = (method: HttpMethod.HttpMethod, path: string, body?: unknown, headers?: Record<string, string>) =>
    Effect.scoped(
      Effect.flatMap(send(method, path, body, headers), (response) =>
        Effect.map(Effect.flatMap(response.text, Schema.decode(Json)), (data) => ({ status: response.status, data, headers: response.headers }))
      )
    )

  return { base, token, send, json }
})
