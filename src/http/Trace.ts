import {
  type Headers,
  HttpApp,
  HttpServerRequest,
  type HttpServerResponse,
  HttpServerResponse as Response,
  HttpTraceContext
} from "@effect/platform"
import { Context, Effect, Option, type Tracer } from "effect"
import { metered } from "./Meter.ts"
import { routeOf } from "./Routes.ts"

// Whoever calls is told of our trace and named in it, but does not decide what becomes of it.
const links = (headers: Headers.Headers) =>
  Option.match(HttpTraceContext.fromHeaders(headers), {
    onNone: () => [],
    onSome: (span) => [{ _tag: "SpanLink" as const, span, attributes: {} }]
  })

const requestId = /^[A-Za-z0-9._-]{1,128}$/

/** The caller's name for the request, where it has a fitting one. */
const nameOf = ({ "x-request-id": name = "" }: Headers.Headers) => (requestId.test(name) ? name : undefined)

/** What an answer says of the span that it was made in. */
export const headersOf = ({ sampled, spanId, traceId }: Tracer.Span, request: Headers.Headers) => ({
  traceparent: `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`,
  "x-request-id": nameOf(request) ?? traceId
})

type Request = Pick<HttpServerRequest.HttpServerRequest, "headers" | "method">

/** The span of a request: named by method and route, and the root of its trace. */
const spanOf = ({ headers, method }: Request, route: string | undefined) => {
  const name = nameOf(headers)
  const options = {
    root: true,
    kind: "server",
    captureStackTrace: false,
    links: links(headers),
    attributes: {
      "http.request.method": method,
      ...(route === undefined ? {} : { "http.route": route }),
      ...(name === undefined ? {} : { "http.request.header.x-request-id": name })
    }
  } as const
  return [route === undefined ? method : `${method} ${route}`, options] as const
}

/** Begins the span of a request that is answered past the library. */
export const begin = Effect.zipWith(
  Effect.tracer,
  Effect.clock,
  (tracer, clock) => (request: Request, route: string) => {
    const [name, { attributes, kind, links }] = spanOf(request, route)
    const span = tracer.span(name, Option.none(), Context.empty(), links, clock.unsafeCurrentTimeNanos(), kind)
    for (const [key, value] of Object.entries(attributes)) span.attribute(key, value)
    return span
  }
)

/** Also reaches answers that are written past the library, as the event stream is. */
const announce = (headers: Headers.Headers) =>
  Effect.flatMap(Effect.orDie(Effect.currentSpan), (span) => {
    const own = headersOf(span, headers)
    return HttpApp.appendPreResponseHandler((_request, response) => Effect.succeed(Response.setHeaders(response, own)))
  })

const outcome = (status: number) => ({
  "http.response.status_code": status,
  ...(status >= 500 ? { "error.type": String(status) } : {})
})

/** The same for a span at hand. */
export const tell = (span: Tracer.Span, status: number) => {
  for (const [name, value] of Object.entries(outcome(status))) span.attribute(name, value)
}

type App<R> = Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>

/** One span for each request; its W3C id is in the answer. */
export const traced = <R>(app: App<R>): App<R | HttpServerRequest.HttpServerRequest> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const route = routeOf(request)?.path
    return announce(request.headers).pipe(
      Effect.zipRight(app),
      Effect.tap(({ status }) => Effect.annotateCurrentSpan(outcome(status))),
      Effect.withSpan(...spanOf(request, route)),
      metered(request.method, route)
    )
  })
