// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { IncomingMessage } from "node:http"
import { refusalOf } from "../Head.ts"
import { requestOf } from "../Request.ts"

/** They ask for more than an answer to a plain GET, or announce a body. */
const special = ["origin", "content-length", "transfer-encoding", "upgrade", "expect"]

/** Longer ones are not worth remembering. */
const longest = 200

/** A GET as almost all are: without a body, and not from a page of another origin. */
export const plain = (source: IncomingMessage) => {
  const { headers, method, url = "" } = source
  if (method !== "GET" || url.length > longest || refusalOf(source) !== undefined) return undefined
  return special.some((name) => headers[name] !== undefined) ? undefined : requestOf(source, method)
}
