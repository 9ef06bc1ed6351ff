import { Deferred, Effect, FiberSet, Queue } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import { stringify } from "../../src/lib/json.ts"
import type { Call, Protocol, Reply } from "./StandIn/Protocol.ts"

/** A request for the list of models. */
export interface Listing {
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

interface Models {
  ids: ReadonlyArray<string>
  status: number
  /** Told of each beside its name. */
  more: object
}

/**
 * Plays a vendor on loopback for as long as the scope is open. The replies are used in order; after the last one
 * `otherwise` answers.
 */
export const make = Effect.fnUntraced(function* <Request>(protocol: Protocol<Request>, otherwise: Reply<Request>) {
  const run = yield* FiberSet.makeRuntime<never>()
  const arrived = yield* Queue.unbounded<Call<Request>>()
  const calls: Array<Call<Request>> = []
  const replies: Array<Reply<Request>> = []
  const listings: Array<Listing> = []
  const models: Models = { ids: ["model-a", "model-b"], status: 200, more: {} }

  const list = (url: string, headers: IncomingHttpHeaders, response: ServerResponse) => {
    listings.push({ path: url, headers })
    const { searchParams } = new URL(url, "http://127.0.0.1")
    const { ids, more, status } = models
    response.writeHead(status, { "content-type": "application/json" })
    response.end(
      stringify(status === 200 ? protocol.models(ids, searchParams, more) : { error: { message: "refused" } })
    )
  }

  const receive = Effect.fnUntraced(function* (
    path: string,
    body: string,
    headers: IncomingHttpHeaders,
    response: ServerResponse
  ) {
    const request = yield* protocol.decode(body)
    const call: Call<Request> = {
      number: calls.length + 1,
      path,
      body,
      headers,
      request,
      wording: protocol.wording(request),
      said: protocol.said(request),
      heard: protocol.heard(request),
      closed: yield* Deferred.make<boolean>()
    }
    calls.push(call)
    yield* Queue.offer(arrived, call)
    const reply = replies.shift() ?? otherwise
    const left = Effect.async<void>((resume) => {
      response.once("close", () => resume(Deferred.succeed(call.closed, response.writableFinished)))
    })
    yield* Effect.raceFirst(left, Effect.zipRight(reply(response, call), Effect.never))
  })

  const server = createServer((request, response) => {
    const { headers, method, url = "/" } = request
    if (method === "GET") return list(url, headers, response)
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => run(receive(url, Buffer.concat(parts).toString(), headers, response)))
  })
  const listening = Effect.async<string>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed(`http://127.0.0.1:${port}`))
    })
  })
  const url = yield* Effect.acquireRelease(listening, () =>
    Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
  )
  return {
    url,
    calls,
    listings,
    /** What is listed, what is told of each beside its name, and with which status. */
    models,
    /** The next request that nobody has asked for yet. */
    next: Queue.take(arrived),
    /** Takes back the replies that were not used. */
    forget: Effect.sync(() => void replies.splice(0)),
    reply: (...more: ReadonlyArray<Reply<Request>>) => Effect.sync(() => replies.push(...more))
  }
})
