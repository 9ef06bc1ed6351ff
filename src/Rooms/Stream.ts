import { HttpApp, type HttpServerRequest, HttpServerResponse } from "@effect/platform"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import {
  Context,
  Deferred,
  Effect,
  ExecutionStrategy,
  Exit,
  FiberId,
  FiberRef,
  Layer,
  Option,
  Schema,
  Scope
} from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { ServerResponse } from "node:http"
import { Auth } from "../Auth.ts"
import { Closing } from "../Closing.ts"
import type { Notice } from "../domain/Event.ts"
import type { TooManyStreams } from "../domain/Limit.ts"
import { CursorParam } from "../domain/Param.ts"
import type { Identity, LoginEnd, Unauthenticated } from "../domain/User.ts"
import * as Json from "../lib/json.ts"
import * as Meter from "../lib/metric.ts"
import { held } from "../lib/scopes.ts"
import * as Sse from "../lib/sse.ts"
import { LiveTurns } from "../LiveTurns.ts"
import { RoomEvents, type Sink } from "../RoomEvents.ts"
import type { Topic } from "../RoomEvents/Topic.ts"
import { Settings } from "../Settings.ts"
import { OpenStreams } from "./OpenStreams.ts"

export class RoomStream extends Context.Tag("parley/Rooms/Stream/RoomStream")<
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

const farewell = (reason: LoginEnd) => {
  const notice: Notice = { type: "login_ended", reason }
  return Sse.frame({ type: notice.type, body: Json.stringify(notice) })
}
const farewells: Readonly<Record<LoginEnd, Uint8Array>> = { expired: farewell("expired"), revoked: farewell("revoked") }

interface Connection {
  readonly sink: Sink
  /** Ends it, for once and all. */
  readonly end: (farewell?: Uint8Array) => void
  readonly over: Effect.Effect<void>
}

/** How long a reader may stand still while it catches up. */
const patience = "30 seconds"

const frames = Meter.counter("parley_stream_frames_sent_total", "Events and heartbeats written to readers of streams")
const dropped = Meter.counter("parley_streams_dropped_total", "Readers that did not keep up", "reason")
frames(0)
for (const reason of ["behind", "stalled"]) dropped(0, reason)

const make = Effect.gen(function* () {
  const { STREAM_BUFFER_BYTES } = yield* Settings
  const events = yield* RoomEvents
  const live = yield* LiveTurns
  const closing = yield* Closing
  const streams = yield* OpenStreams
  const { verify } = yield* Auth
  const readers = yield* Effect.scope

  const open = new Set<Connection>()
  const endAll = Effect.sync(() => open.forEach(({ end }) => end()))
  yield* Effect.forkScoped(Effect.zipRight(closing.await, endAll))

  const drop = (response: ServerResponse, reason: "behind" | "stalled") => {
    dropped(1, reason)
    response.destroy()
  }

  // Frames go to the socket as they are: a stream of Effect per reader costs ten times as much.
  const connectionOf = (response: ServerResponse): Connection => {
    const over = Deferred.unsafeMake<void>(FiberId.none)
    let isOver = false
    const end = (farewell?: Uint8Array) => {
      if (isOver) return
      isOver = true
      response.end(farewell)
      Deferred.unsafeDone(over, Exit.void)
    }
    const sink: Sink = {
      write: (bytes, count) => {
        if (response.destroyed || isOver) return
        // The reader comes back with Last-Event-ID and reads from the log what it has missed.
        if (response.writableLength > STREAM_BUFFER_BYTES) return drop(response, "behind")
        response.write(bytes)
        frames(count)
      },
      drained: Effect.suspend(() => (response.writableNeedDrain ? drain(response) : Effect.void)),
      end: () => end()
    }
    return { sink, end, over: Deferred.await(over) }
  }

  const drain = (response: ServerResponse) =>
    Effect.async<void>((resume) => {
      const done = () => resume(Effect.void)
      // It may have drained, or be gone, before this fiber had its turn.
      if (!response.writableNeedDrain) return done()
      response.once("drain", done)
      return Effect.sync(() => response.off("drain", done))
    }).pipe(Effect.timeoutTo({ duration: patience, onSuccess: () => {}, onTimeout: () => drop(response, "stalled") }))

  const begin = Effect.fnUntraced(function* (
    topic: Topic,
    request: HttpServerRequest.HttpServerRequest,
    reader: Identity,
    after: number | undefined
  ) {
    const response = NodeHttpServerRequest.toServerResponse(request)
    const connection = connectionOf(response)
    let early: LoginEnd | null = null
    const leave = (why: LoginEnd) => {
      early = why
      if (response.headersSent) connection.end(farewells[why])
    }
    yield* streams.open(reader, leave)
    // From here on the end of the login ends the stream; one that came before is seen now.
    yield* verify(reader.token)
    const head = HttpServerResponse.empty({ headers })
    const finish = yield* FiberRef.get(HttpApp.currentPreResponseHandlers)
    const finished = Option.isSome(finish) ? yield* Effect.orDie(finish.value(request, head)) : head
    response.writeHead(200, finished.headers)
    response.socket?.setNoDelay(true)
    if (early !== null) leave(early)
    yield* held(
      Effect.sync(() => open.add(connection)),
      () => open.delete(connection)
    )
    if (yield* closing.begun) connection.end()

    const following = events.follow({
      topic,
      after: Option.orElse(Option.fromNullable(after), () => lastEventId(request)),
      sink: connection.sink,
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
