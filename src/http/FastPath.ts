import { Effect, Exit } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { RequestListener, ServerResponse } from "node:http"
import { Credentials } from "../features/Credentials.ts"
import { isKnown, listed } from "../lib/response.ts"
import * as Json from "../lib/json.ts"
import { type Tagged, tagged } from "../lib/tagged.ts"
import { RateLimits } from "../features/RateLimits.ts"
import { chatting, list, MessagesApi, poll } from "../features/Messages/Api.ts"
import * as Readings from "../features/Readings.ts"
import { list as rooms, RoomsApi } from "../features/Rooms/Api.ts"
import { Settings } from "../process/Settings.ts"
import { healthy, SystemApi } from "../features/Operations/System/Api.ts"
import { boundsOf } from "./Contract.ts"
import { plain } from "./FastPath/Plain.ts"
import { finder, open, plainRoute, route } from "./FastPath/Route.ts"
import * as Hosts from "./Hosts.ts"
import { record } from "./Meter.ts"
import type { Request } from "./Request.ts"
import { corsHeaders } from "../features/Origins.ts"
import { tagHeaders } from "./Revalidate.ts"
import * as Trace from "./Trace.ts"

type Headers = Readonly<Record<string, string>>

const write = (response: ServerResponse, { bytes, etag }: Tagged, isNew: boolean, said: Headers) => {
  const head = listed(corsHeaders, tagHeaders(etag), said)
  if (!isNew) return void response.writeHead(304, head).end()
  head.push("content-type", "application/json", "content-length", `${bytes.length}`)
  response.writeHead(200, head).end(bytes)
}

const alive = tagged(Json.stringify(healthy))

/**
 * Answers at node's own request event what is asked most and remembered, under the contract's credentials and limits,
 * with the bytes that the library would send; and whether the server is alive, whatever fibers it has to run. All else
 * is for `rest`, from its beginning: only answers of 200 and 304 are made here as well.
 */
export const make = Effect.fnUntraced(function* (rest: RequestListener) {
  const credentials = yield* Credentials
  const limits = yield* RateLimits
  const readings = yield* Readings.make
  const clock = yield* Effect.clock
  const begin = yield* Trace.begin
  const isOurs = Hosts.known(yield* Settings)

  const routes = [
    route(MessagesApi, list, readings.list.present),
    plainRoute(RoomsApi, rooms, readings.rooms.present),
    route(MessagesApi, poll, readings.poll.present),
    route(MessagesApi, chatting, readings.chatting.present),
    open(SystemApi, "health", alive)
  ]
  const bounds = new Map(routes.map((route) => [route, boundsOf(route, limits)]))
  const find = finder(routes)

  const lookUp = (request: Request) => {
    const match = find(request.url)
    if (match === undefined) return undefined
    const now = clock.unsafeCurrentTimeMillis()
    const user = credentials.known(request, now)
    const page = match.lookUp(user)
    const isRefused = () => user && bounds.get(match.route)?.some((limit) => limit(request, user, now) !== undefined)
    return page === undefined || isRefused() ? undefined : { page, path: match.route.path }
  }

  const listener: RequestListener = (source, response) => {
    const request = plain(source)
    if (request === undefined || !isOurs(request.headers["host"] ?? "")) return rest(source, response)
    const found = lookUp(request)
    if (found === undefined) return rest(source, response)
    const span = begin(request, found.path)
    const isNew = !isKnown(request, found.page.etag)
    const status = isNew ? 200 : 304
    write(response, found.page, isNew, Trace.headersOf(span, request.headers))
    span.attribute("http.response.status_code", status)
    const [began, ended] = [span.status.startTime, clock.unsafeCurrentTimeNanos()]
    span.end(ended, Exit.void)
    record("GET", found.path, status, Number(ended - began) / 1e9)
  }
  return listener
})
