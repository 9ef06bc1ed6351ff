import {
  Headers,
  HttpApiSchema,
  type HttpApp,
  HttpServerError,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { Cause, Effect, Option, Predicate, Schema } from "effect"
import { BodyNotJson, BodyTooLarge, FieldsRefused } from "../domain/Error.ts"
import { SettingRefused } from "../domain/RoomSettings.ts"
import { faultIn, RowUnreadable, type StorageFault, StorageFull, StorageUnavailable } from "../domain/Storage.ts"
import { brief } from "../lib/text.ts"
import { Unreadable } from "../lib/unreadable.ts"
import { BodyUnreadable } from "./Body.ts"
import { methodsOf, type Request, routeOf } from "./Routes.ts"

const Body = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

const Undecoded = Schema.TaggedStruct("HttpApiDecodeError", {
  issues: Schema.Array(
    Schema.Struct({
      _tag: Schema.String,
      path: Schema.Array(Schema.Union(Schema.String, Schema.Number)),
      message: Schema.String
    })
  )
})

/** An error that is no route's own. */
export const plain = (status: number, _tag: string, detail: string) =>
  HttpServerResponse.unsafeJson({ _tag, detail }, { status })

const notJson = {
  _tag: "Invalid",
  detail: [{ type: "json_invalid", loc: ["body"], msg: "The body cannot be read as JSON" }]
}

const encodeFault = Schema.encode(Schema.Union(StorageFull, StorageUnavailable))
const encodeUnreadable = Schema.encode(RowUnreadable)
const statusOf = (fault: StorageFault) =>
  HttpApiSchema.getStatusError(fault._tag === "StorageFull" ? StorageFull : StorageUnavailable)

const isTooLarge = Schema.is(BodyTooLarge)
const isNotJson = Schema.is(BodyNotJson)

const unrouted = (request: HttpServerRequest.HttpServerRequest) => {
  const allowed = methodsOf(request)
  if (allowed.length === 0) return plain(404, "RouteNotFound", "Not Found")
  return HttpServerResponse.setHeader(plain(405, "MethodNotAllowed", "Method Not Allowed"), "allow", allowed.join(", "))
}

/** A statement that the storage did not answer, told as the contract says. */
const unstored = (fault: StorageFault, cause: Cause.Cause<unknown>) =>
  Effect.logWarning("the storage failed a request", cause).pipe(
    Effect.zipRight(Effect.orDie(encodeFault(fault))),
    Effect.map((body) => HttpServerResponse.unsafeJson(body, { status: statusOf(fault) }))
  )

/** A row without which there is no answer, told as the contract says; the log has it from who read it. */
const unread = (error: Unreadable) =>
  Effect.map(Effect.orDie(encodeUnreadable(RowUnreadable.of(error))), (body) =>
    HttpServerResponse.unsafeJson(body, { status: HttpApiSchema.getStatusError(RowUnreadable) })
  )

/** What is not a fact of the contract: a route that is not there, a body that cannot be read, or a bug of ours. */
const unforeseen = (cause: Cause.Cause<unknown>) => {
  const error = Cause.squash(cause)
  if (error instanceof HttpServerError.RouteNotFound) return Effect.succeed(unrouted(error.request))
  if (error instanceof HttpServerError.RequestError || error instanceof BodyUnreadable) {
    return Effect.succeed(HttpServerResponse.unsafeJson(notJson, { status: 422 }))
  }
  if (isTooLarge(error)) return Effect.succeed(plain(413, error._tag, error.detail))
  if (isNotJson(error)) return Effect.succeed(plain(415, error._tag, error.detail))
  const fault = faultIn(cause)
  if (Option.isSome(fault)) return unstored(fault.value, cause)
  if (error instanceof Unreadable) return unread(error)
  return Effect.as(Effect.logError("a request broke", cause), plain(500, "Defect", "Internal Server Error"))
}

/** How much of what was sent a refusal says again: of one value, and of how many. */
const mostSaid = { characters: 300, places: 50 }
const told = (text: string) => brief(text, mostSaid.characters)
const named = (name: string | number) => (typeof name === "string" ? told(name) : name)

/** The places that did not fit, as far as they are told. */
const asTold = ({ issues }: typeof Undecoded.Type): (typeof Undecoded.Type)["issues"] =>
  issues
    .slice(0, mostSaid.places)
    .map((issue) => ({ ...issue, path: issue.path.map(named), message: told(issue.message) }))

/** Each place of the request that did not fit, in the shape that clients of the original read. */
const places = (issues: ReturnType<typeof asTold>, route: ReturnType<typeof routeOf>) => {
  const partOf = (name: unknown) =>
    route?.path.includes(`{${String(name)}}`) ? "path" : route?.takesBody ? "body" : "query"
  return issues.map(({ _tag, message, path }) => ({
    type: _tag.toLowerCase(),
    loc: [partOf(path[0]), ...path],
    msg: message
  }))
}

/** When to come back stands in the header that is made for it, too. */
const withRetryAfter = (headers: Headers.Headers, seconds: unknown) =>
  Predicate.isNumber(seconds) ? Headers.set(headers, "retry-after", `${seconds}`) : headers

const isUndecoded = Schema.is(Undecoded)

const stamp = Effect.fnUntraced(function* (request: Request, response: HttpServerResponse.HttpServerResponse) {
  const { body } = response
  if (response.status < 400 || body._tag !== "Uint8Array" || body.contentType !== "application/json") return response
  const span = yield* Effect.option(Effect.currentSpan)
  const trace = Option.match(span, { onNone: () => ({}), onSome: ({ traceId }) => ({ trace_id: traceId }) })
  const fields = yield* Effect.orElseSucceed(
    Schema.decode(Body)(new TextDecoder().decode(body.body)),
    (): typeof Body.Type => ({})
  )
  const { status } = response
  const headers = withRetryAfter(response.headers, fields["retry_after"])
  if (!isUndecoded(fields)) return HttpServerResponse.unsafeJson({ ...fields, ...trace }, { status, headers })
  const route = routeOf(request)
  const issues = asTold(fields)
  const excess = issues.flatMap(({ _tag, path: [name] }) => (_tag === "Unexpected" ? [String(name)] : []))
  if (excess.length > 0) {
    const refusal = FieldsRefused.of(excess)
    return HttpServerResponse.unsafeJson({ ...refusal, ...trace }, { status: 400, headers })
  }
  const refused = SettingRefused.of(issues.map(({ path }) => path[0]))
  if (Option.isSome(refused) && route?.takesBody) {
    return HttpServerResponse.unsafeJson({ ...refused.value, ...trace }, { status: 400, headers })
  }
  const invalid = { _tag: "Invalid", detail: places(issues, route), ...trace }
  return HttpServerResponse.unsafeJson(invalid, { status: route?.takesBody ? 422 : 400, headers })
})

/** Every answer that is an error is JSON with `detail`, `_tag` and `trace_id`. */
export const explainedTo =
  (request: Request) =>
  <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    app.pipe(
      Effect.catchAllCause((cause) => (Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : unforeseen(cause))),
      Effect.orDie,
      Effect.flatMap((response) => stamp(request, response))
    )

export const explained = <E, R>(app: HttpApp.Default<E, R>) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => explainedTo(request)(app))
