import { type HttpApp, HttpServerRequest } from "@effect/platform"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Effect, Option } from "effect"
import { isIP } from "node:net"
import { isLoopback } from "../lib/loopback.ts"
import type { Settings } from "../process/Settings.ts"
import { plain } from "./Failure.ts"
import { refusalOf } from "./Head.ts"

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

/**
 * Refuses heads that leave something in doubt, and requests for another host: a page may point its own name at this
 * machine.
 */
export const guarded = (settings: Settings["Type"]) => {
  const isKnown = known(settings)
  return <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const refusal = refusalOf(NodeHttpServerRequest.toIncomingMessage(request))
      if (refusal !== undefined) return Effect.succeed(plain(refusal.status, refusal.tag, refusal.detail))
      const { host = "" } = request.headers
      if (isKnown(host)) return app
      const detail = `This server does not answer to '${host.slice(0, 255)}'; ALLOWED_HOSTS can name it`
      return Effect.succeed(plain(421, "HostNotAllowed", detail))
    })
}
