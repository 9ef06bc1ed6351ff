import { type HttpApp, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect } from "effect"
import { isKnown } from "../lib/response.ts"
import { tagOf } from "../lib/tagged.ts"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

/** Kept by whoever asked, and asked for again each time. */
export const tagHeaders = (etag: string) => ({ "cache-control": "private, no-cache", etag })

const answer = (request: Request, response: Response) => {
  const { body, headers, status } = response
  if (status !== 200 || body._tag !== "Uint8Array" || body.contentType !== "application/json") return response
  const tags = tagHeaders(headers["etag"] ?? tagOf(body.body))
  return isKnown(request, tags.etag)
    ? HttpServerResponse.empty({ status: 304, headers: tags })
    : HttpServerResponse.setHeaders(response, tags)
}

/**
 * Tags what is read as JSON; who has it already is told so instead. The route is asked first, so that nobody learns of
 * what they may not read.
 */
export const revalidated = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
    request.method === "GET" || request.method === "HEAD"
      ? Effect.map(app, (response) => answer(request, response))
      : app
  )
