import { type HttpApp, HttpServerError, HttpServerRequest } from "@effect/platform"
import { Effect } from "effect"
import { methodsOf } from "./Routes.ts"

const isMiscalled = (request: HttpServerRequest.HttpServerRequest) => {
  const methods = methodsOf(request)
  return methods.length > 0 && !methods.includes(request.method === "HEAD" ? "GET" : request.method)
}

/** Refuses a path of the contract that has no such method. The library would take a part of it for a parameter. */
export const called = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E | HttpServerError.RouteNotFound, R> =>
  Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    (request): HttpApp.Default<E | HttpServerError.RouteNotFound, R> =>
      isMiscalled(request) ? new HttpServerError.RouteNotFound({ request }) : app
  )
