import { Cookies, type Headers, type HttpServerRequest } from "@effect/platform"
import { Option } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"
import { refusalOf } from "../Head.ts"

export type Request = Pick<
  HttpServerRequest.HttpServerRequest,
  "cookies" | "headers" | "method" | "remoteAddress" | "url"
>

/** Node gives a list for this one alone; whoever asks does not send it. */
const isSingle = (headers: IncomingHttpHeaders): headers is IncomingHttpHeaders & Headers.Headers =>
  headers["set-cookie"] === undefined

/** They ask for more than an answer to a plain GET, or announce a body. */
const special = ["origin", "content-length", "transfer-encoding", "upgrade", "expect"]

/** Longer ones are not worth remembering. */
const longest = 200

/** A GET as almost all are: without a body, and not from a page of another origin. */
export const plain = (source: IncomingMessage): Request | undefined => {
  const { headers, method, socket, url = "" } = source
  if (method !== "GET" || url.length > longest || !isSingle(headers)) return undefined
  if (refusalOf(source) !== undefined) return undefined
  if (special.some((name) => headers[name] !== undefined)) return undefined
  return {
    method,
    url,
    headers,
    remoteAddress: Option.fromNullable(socket.remoteAddress),
    get cookies() {
      return Cookies.parseHeader(headers["cookie"] ?? "")
    }
  }
}
