import {
  type Headers,
  HttpApp,
  HttpServerRequest,
  type HttpServerResponse,
  HttpServerResponse as Response,
  HttpTraceContext
} from "@effect/platform"
import { Effect, Option } from "effect"
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

/** Also reaches answers that are written past the library, as the event stream is. */
const announce = (name: string | undefined) =>
  Effect.flatMap(Effect.orDie(Effect.currentSpan), (span) => {
    const headers = {
      traceparent: `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}`,
      "x-request-id": name ?? span.traceId
    }
    return HttpApp.appendPreResponseHandler((_request, response) =>
      Effect.succeed(Response.setHeaders(response, headers))
    )
  })

type App<R> = Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>

/** One span for each request, named by method and route; its W3C id is in the answer. */
export const traced = <R>(app: App<R>): App<R | HttpServerRequest.HttpServerRequest> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const route = routeOf(request)?.path
    const name = nameOf(request.headers)
    return announce(name).pipe(
      Effect.zipRight(app),
      Effect.tap((response) => Effect.annotateCurrentSpan("http.response.status_code", response.status)),
      Effect.withSpan(route === undefined ? request.method : `${request.method} ${route}`, {
        root: true,
        kind: "server",
        captureStackTrace: false,
        links: links(request.headers),
        attributes: {
          "http.request.method": request.method,
          ...(route === undefined ? {} : { "http.route": route }),
          ...(name === undefined ? {} : { "http.request.header.x-request-id": name })
        }
      })
    )
  })
