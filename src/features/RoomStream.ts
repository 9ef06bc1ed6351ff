import { HttpApp, type HttpServerRequest, HttpServerResponse } from "@effect/platform"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Context, Effect, ExecutionStrategy, Exit, FiberRef, Layer, Option, Schema, Scope } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { ServerResponse } from "node:http"
import { Auth } from "./Auth.ts"
import { Closing } from "../process/Closing.ts"
import type { TooManyStreams } from "../domain/Limit.ts"
import { CursorParam } from "../domain/Param.ts"
import type { Identity, LoginEnd, Unauthenticated } from "../domain/User.ts"
import { held } from "../lib/scopes.ts"
import { LiveTurns } from "../engine/LiveTurns.ts"
import { RoomEvents } from "../store/RoomEvents.ts"
import type { Topic } from "../store/Topic.ts"
import { Settings } from "../process/Settings.ts"
import { OpenStreams } from "./OpenStreams.ts"
import { Connection } from "./RoomStream/Connection.ts"

export class RoomStream extends Context.Tag("parley/features/RoomStream")<
  RoomStream,
  {
    /**
     * Writes to the connection what the reader has missed, and comes back; the events that follow are written until the
     * reader leaves, the login ends that opened it, which it tells, the room goes that is followed alone, or the server
     * closes.
     */
    readonly follow: (
      topic: Topic,
      request: HttpServerRequest.HttpServerRequest,
      reader: Identity,
      after: number | undefined
    ) => Effect.Effect<HttpServerResponse.HttpServerResponse, TooManyStreams | Unauthenticated>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no"
}

const make = Effect.gen(function* () {
  const { STREAM_BUFFER_BYTES } = yield* Settings
  const events = yield* RoomEvents
  const live = yield* LiveTurns
  const closing = yield* Closing
  const streams = yield* OpenStreams
  const { verify } = yield* Auth
  const readers = yield* Effect.scope

  const open = new Set<Connection>()
  const endAll = Effect.sync(() => open.forEach((connection) => connection.end()))
  yield* Effect.forkScoped(Effect.zipRight(closing.await, endAll))

  const counted = (connection: Connection) =>
    held(
      Effect.sync(() => open.add(connection)),
      () => open.delete(connection)
    )

  const begin = Effect.fnUntraced(function* (
    topic: Topic,
    request: HttpServerRequest.HttpServerRequest,
    reader: Identity,
    after: number | undefined
  ) {
    const response = NodeHttpServerRequest.toServerResponse(request)
    const connection = new Connection(response, STREAM_BUFFER_BYTES)
    yield* streams.open(reader, leaving(connection))
    // From here on the end of the login ends the stream; one that came before is seen now.
    yield* verify(reader.token)
    const head = HttpServerResponse.empty({ headers })
    const finish = yield* FiberRef.get(HttpApp.currentPreResponseHandlers)
    const finished = Option.isSome(finish) ? yield* Effect.orDie(finish.value(request, head)) : head
    connection.begin(finished.headers)
    yield* counted(connection)
    if (yield* closing.begun) connection.end()

    const following = events.follow({
      topic,
      after: Option.orElse(Option.fromNullable(after), () => lastEventId(request)),
      sink: connection,
      greeting: () => live.greeting(topic)
    })
    yield* Effect.raceFirst(following, connection.over)
    return { response, finished }
  })

  /** The connection keeps the scope open. To the library the answer has ended, and with it all that it keeps of it. */
  const handOver = (response: ServerResponse, scope: Scope.CloseableScope) =>
    Effect.sync(() => {
      if (response.closed) return close(scope)
      response.removeAllListeners("close").once("close", () => close(scope))
      Object.defineProperty(response, "writableEnded", { value: true })
    })

  return RoomStream.of({
    follow: (topic, request, reader, after) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Scope.fork(readers, ExecutionStrategy.sequential), (scope) =>
          restore(begin(topic, request, reader, after)).pipe(
            Scope.extend(scope),
            Effect.tapErrorCause((cause) => Scope.close(scope, Exit.failCause(cause))),
            Effect.flatMap(({ finished, response }) => Effect.as(handOver(response, scope), finished))
          )
        )
      )
  })
})

// By itself, so that an idle stream keeps nothing else of its opening.
const leaving = (connection: Connection) => (why: LoginEnd) => connection.leave(why)

/** What a reader's scope releases takes no waiting. */
const close = (scope: Scope.CloseableScope) => Effect.runSync(Scope.close(scope, Exit.void))

const decodePosition = Schema.decodeOption(CursorParam)
/** No log knows it, so that its reader gets `reset`. */
const nowhere = -1

const lastEventId = ({ headers }: HttpServerRequest.HttpServerRequest) =>
  Option.fromNullable(headers["last-event-id"]).pipe(
    Option.filter((text) => text !== ""),
    Option.map((text) => Option.getOrElse(decodePosition(text), () => nowhere))
  )
