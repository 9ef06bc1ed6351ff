import { Cookies, type Headers, type HttpServerRequest } from "@effect/platform"
import { Option } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"

/** As much of a request as is looked at where it is answered past the library. */
export type Request = Pick<
  HttpServerRequest.HttpServerRequest,
  "cookies" | "headers" | "method" | "remoteAddress" | "url"
>

/** Node gives a list for this one alone; whoever asks does not send it. */
const isSingle = (headers: IncomingHttpHeaders): headers is IncomingHttpHeaders & Headers.Headers =>
  headers["set-cookie"] === undefined

/** What node has of it; nothing where that is not as almost all are. */
export const requestOf = <Method extends Request["method"]>(
  { headers, socket, url = "" }: IncomingMessage,
  method: Method
): Request | undefined =>
  isSingle(headers)
    ? {
        method,
        url,
        headers,
        remoteAddress: Option.fromNullable(socket.remoteAddress),
        get cookies() {
          return Cookies.parseHeader(headers["cookie"] ?? "")
        }
      }
    : undefined
