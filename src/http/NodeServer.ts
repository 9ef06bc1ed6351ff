import { Context, Effect, FiberRef, Layer } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { createServer, type Server, type ServerResponse, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import * as Json from "../lib/json.ts"
import { TurnScheduler } from "../lib/scheduler.ts"
import { Settings } from "../process/Settings.ts"

/** The socket's side of the door: how many there may be, how much head and how long each may take. */
export class NodeServer extends Context.Tag("parley/http/NodeServer")<NodeServer, Server>() {
  static readonly layer = Layer.effect(
    this,
    Effect.zipWith(Settings, FiberRef.get(FiberRef.currentScheduler), (settings, scheduler) => {
      const server = make(settings)
      return scheduler instanceof TurnScheduler ? server.on("connection", scheduler.hurry) : server
    })
  )
}

export const maxHeaderSize = 16_384

const make = ({ HEADERS_SECONDS, MAX_SOCKETS, REQUEST_SECONDS }: Settings["Type"]) => {
  const requestTimeout = REQUEST_SECONDS * 1000
  const headersTimeout = Math.min(HEADERS_SECONDS * 1000, requestTimeout)
  const server = createServer({
    maxHeaderSize,
    requestTimeout,
    headersTimeout,
    connectionsCheckingInterval: Math.min(5000, headersTimeout / 4),
    keepAliveTimeout: 5000,
    // Node refuses one without a word; we say why.
    requireHostHeader: false
  })
  // Node would leave out the rest in silence.
  server.maxHeadersCount = 0
  withPlaces(server, MAX_SOCKETS)
  return withWords(server)
}

/** When all places are taken, the one that has said nothing for longest gives its own up to whoever comes. */
const withPlaces = (server: Server, places: number) => {
  const silent = new Set<Duplex>()
  let open = 0
  server.on("connection", (socket) => {
    const [oldest] = silent
    open += 1
    silent.add(socket)
    socket.once("close", () => {
      open -= 1
      silent.delete(socket)
    })
    if (open <= places) return
    // Without one, whoever comes next finds a place that was only kept alive.
    if (oldest === undefined) server.closeIdleConnections()
    const leaving = oldest ?? socket
    silent.delete(leaving)
    leaving.destroy()
  })
  server.on("request", ({ socket }) => silent.delete(socket))
}

const refusals: Readonly<Record<string, readonly [status: number, tag: string, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "RequestTooSlow", "The request took too long to arrive"],
  HPE_HEADER_OVERFLOW: [431, "HeadersTooLarge", `The headers are larger than ${maxHeaderSize} bytes`]
}

/** What is no request yet is answered in the words of any other error, where an answer has not begun. */
const withWords = (server: Server) => {
  const answers = new WeakMap<Duplex, ServerResponse>()
  server.on("request", ({ socket }, response) => answers.set(socket, response))
  server.on("clientError", ({ code = "" }: NodeJS.ErrnoException, socket) => {
    const answer = answers.get(socket)
    if (socket.writable && (answer === undefined || answer.writableFinished || !answer.headersSent)) {
      const [status, _tag, detail] = refusals[code] ?? [400, "RequestUnreadable", "The request is not HTTP"]
      const body = Json.stringify({ _tag, detail })
      const head = [
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
        "Content-Type: application/json",
        `Content-Length: ${Buffer.byteLength(body)}`,
        "Connection: close"
      ]
      socket.write(`${head.join("\r\n")}\r\n\r\n${body}`)
    }
    socket.destroy()
  })
  return server
}
