import { type HttpApp, HttpServerError, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Cause, Effect, Option, Schema } from "effect"

const Body = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

const Undecoded = Schema.Struct({
  _tag: Schema.Literal("HttpApiDecodeError"),
  issues: Schema.Array(
    Schema.Struct({
      _tag: Schema.String,
      path: Schema.Array(Schema.Union(Schema.String, Schema.Number)),
      message: Schema.String
    })
  )
})

const plain = (status: number, _tag: string, detail: string) => HttpServerResponse.unsafeJson({ _tag, detail }, { status })

/** What is not a fact of the contract: a route that is not there, a body that cannot be read, or a bug of ours. */
const unforeseen = (cause: Cause.Cause<unknown>) => {
  const error = Cause.squash(cause)
  if (error instanceof HttpServerError.RouteNotFound) return Effect.succeed(plain(404, "RouteNotFound", "Not Found"))
  if (error instanceof HttpServerError.RequestError) {
    return Effect.succeed(plain(400, "BodyUnreadable", "The body cannot be read as JSON"))
  }
  return Effect.as(Effect.logError("a request broke", cause), plain(500, "Defect", "Internal Server Error"))
}

/** Each place of the request that did not fit, in the shape that clients of the original read. */
const places = ({ issues }: typeof Undecoded.Type, where: string) =>
  issues.map(({ _tag, message, path }) => ({ type: _tag.toLowerCase(), loc: [where, ...path], msg: message }))

const isUndecoded = Schema.is(Undecoded)

const stamp = Effect.fnUntraced(function* (response: HttpServerResponse.HttpServerResponse) {
  const { body } = response
  if (response.status < 400 || body._tag !== "Uint8Array" || body.contentType !== "application/json") return response
  const request = yield* HttpServerRequest.HttpServerRequest
  const span = yield* Effect.option(Effect.currentSpan)
  const trace = Option.match(span, { onNone: () => ({}), onSome: ({ traceId }) => ({ trace_id: traceId }) })
  const fields = yield* Effect.orElseSucceed(Schema.decode(Body)(new TextDecoder().decode(body.body)), () => ({}))
  if (!isUndecoded(fields)) return HttpServerResponse.unsafeJson({ ...fields, ...trace }, { status: response.status })
  const hasBody = request.method === "POST" || request.method === "PATCH" || request.method === "PUT"
  const detail = places(fields, hasBody ? "body" : "query")
  return HttpServerResponse.unsafeJson({ _tag: "Invalid", detail, ...trace }, { status: hasBody ? 422 : 400 })
})

/** Every answer that is an error is JSON with `detail`, `_tag` and `trace_id`. */
export const explained = <E, R>(app: HttpApp.Default<E, R>) =>
  app.pipe(
    Effect.catchAllCause((cause) => (Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : unforeseen(cause))),
    Effect.orDie,
    Effect.flatMap(stamp)
  )
