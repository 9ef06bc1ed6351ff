import { type HttpApp, HttpServerRequest } from "@effect/platform"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Effect, Option } from "effect"
import { isIP } from "node:net"
import { isLoopback } from "../lib/loopback.ts"
import type { Settings } from "../Settings.ts"
import { plain } from "./Failure.ts"

const nameOf = (host: string) =>
  host
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase()

const isLocal = (name: string) => name === "localhost" || name.endsWith(".localhost") || isIP(name) > 0

/** Whether a host is this server: on loopback, where a name that somebody else owns may lead, only known ones are. */
export const known = ({ ALLOWED_HOSTS, FRONTEND_URL, HOST, VERCEL_URL }: Settings["Type"]) => {
  const isOpen = ALLOWED_HOSTS.length === 0 && !isLoopback(HOST)
  const page = Option.filter(FRONTEND_URL, (url) => URL.canParse(url))
  const names = new Set([
    ...ALLOWED_HOSTS.map(nameOf),
    ...Option.toArray(Option.map(page, (url) => nameOf(new URL(url).host))),
    ...Option.toArray(Option.map(VERCEL_URL, nameOf))
  ])
  return (host: string) => {
    const name = nameOf(host)
    return isLocal(name) || isOpen || names.has(name)
  }
}

export const mostHeaders = 100

/** Refuses heads that nobody means, and requests for another host: a page may point its own name at this machine. */
export const guarded = (settings: Settings["Type"]) => {
  const isKnown = known(settings)
  return <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const { host = "" } = request.headers
      if (NodeHttpServerRequest.toIncomingMessage(request).rawHeaders.length > 2 * mostHeaders) {
        return Effect.succeed(plain(431, "TooManyHeaders", `The request has more than ${mostHeaders} headers`))
      }
      if (host === "") return Effect.succeed(plain(400, "HostMissing", "The Host header is missing"))
      if (isKnown(host)) return app
      const detail = `This server does not answer to '${host.slice(0, 255)}'; ALLOWED_HOSTS can name it`
      return Effect.succeed(plain(421, "HostNotAllowed", detail))
    })
}
