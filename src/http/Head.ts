// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { IncomingMessage, RequestListener } from "node:http"

type Head = Pick<IncomingMessage, "headers" | "method" | "rawHeaders" | "url">

/** Why a request is refused by its head alone. */
export interface Refusal {
  readonly status: number
  readonly tag: string
  readonly detail: string
}

const mostHeaders = 100

/** Of these a request means one; node keeps the first, or writes them into one line. */
const single = new Set([
  "host",
  "authorization",
  "x-api-key",
  "content-type",
  "content-encoding",
  "idempotency-key",
  "last-event-id",
  "origin"
])

/** A name or an address, and perhaps a port. */
const authority = /^(\[[^\s\]]*\]|[^\s"#'(),/:;<=>?@[\\\]^`{|}]+)(:\d{0,5})?$/i

/** Whether each header stands there once, as in almost all requests. */
const isEachOnce = ({ headers, rawHeaders }: Head) => {
  let count = 0
  for (const _ in headers) count += 2
  return count === rawHeaders.length
}

const saidTwice = ({ rawHeaders }: Head) => {
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? ""
    if (single.has(name) && seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}

const isPath = ({ method, url = "" }: Head) => url.startsWith("/") || (url === "*" && method === "OPTIONS")

/** A request's target as a whole address, which clients use that take this server for a proxy. */
const addressOf = ({ url = "" }: Head) =>
  /^https?:\/\/[^/?#]/i.test(url) && URL.canParse(url) ? new URL(url) : undefined

const withoutDefault = (host: string) => host.toLowerCase().replace(/:(80|443)?$/, "")

const bad = (tag: string, detail: string): Refusal => ({ status: 400, tag, detail })

/** Nothing for a head that can be meant in one way only. */
export const refusalOf = (head: Head): Refusal | undefined => {
  if (head.rawHeaders.length > 2 * mostHeaders) {
    return { status: 431, tag: "TooManyHeaders", detail: `The request has more than ${mostHeaders} headers` }
  }
  const twice = isEachOnce(head) ? undefined : saidTwice(head)
  if (twice !== undefined) return bad("HeaderTwice", `The header '${twice}' stands there more than once`)
  const { host = "" } = head.headers
  if (host === "") return bad("HostMissing", "The Host header is missing")
  if (!authority.test(host)) return bad("HostUnreadable", "The Host header is no name or address with a port")
  if (isPath(head)) return undefined
  const named = addressOf(head)?.host
  if (named === undefined) return bad("TargetUnreadable", "The request asks for neither a path nor an address")
  return bad("HostContradicted", `The request asks for '${named.slice(0, 255)}', and its Host header names another`)
}

/** A request for an address of the host that its header names is one for the path. */
export const settled =
  (next: RequestListener): RequestListener =>
  (source, response) => {
    const address = isPath(source) ? undefined : addressOf(source)
    if (address !== undefined && withoutDefault(address.host) === withoutDefault(source.headers.host ?? "")) {
      source.url = `${address.pathname}${address.search}`
    }
    next(source, response)
  }
