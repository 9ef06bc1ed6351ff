import { HttpApiBuilder, HttpRouter, HttpServerRequest } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Api } from "../Api.ts"
import { Auth, ticketSeconds } from "../Auth.ts"
import { Credentials } from "../Credentials.ts"
import { CurrentUser, Reader, Unauthenticated } from "../../domain/User.ts"
import { listOf, Topic } from "../../store/Topic.ts"
import { Rooms } from "../Rooms.ts"
import { RoomStream } from "../RoomStream.ts"
import { Reading } from "./Api.ts"

const refuse = () => Unauthenticated.of()

const asked = Effect.all({
  request: HttpServerRequest.HttpServerRequest,
  query: HttpServerRequest.ParsedSearchParams,
  room: Effect.map(HttpRouter.RouteContext, ({ params: { room_id } }) =>
    room_id === undefined ? null : Number(room_id)
  )
})

export const reading = Layer.effect(
  Reading,
  Effect.gen(function* () {
    const { identify } = yield* Credentials
    const { redeem } = yield* Auth
    return Reading.of({
      // It looks at all of them; the others are named for the documents.
      ticket: () =>
        Effect.flatMap(asked, ({ query: { ticket }, request, room }) =>
          ticket === undefined ? identify(request) : redeem(room, String(ticket))
        ),
      header: refuse,
      bearer: refuse,
      cookie: refuse
    })
  })
)

export const layer = HttpApiBuilder.group(Api, "stream", (handlers) =>
  Effect.gen(function* () {
    const rooms = yield* Rooms
    const auth = yield* Auth
    const { identify } = yield* Credentials
    const stream = yield* RoomStream
    return handlers
      .handle("ticket", ({ path: { room_id }, request }) =>
        Effect.zipRight(rooms.access(room_id), identify(request)).pipe(
          Effect.flatMap((holder) => auth.ticket(room_id, holder)),
          Effect.map((ticket) => ({ ticket, expires_in: ticketSeconds, room_id }))
        )
      )
      .handleRaw("stream", ({ path: { room_id }, request, urlParams }) =>
        Effect.flatMap(Reader, (reader) =>
          Effect.provideService(rooms.access(room_id), CurrentUser, reader.user).pipe(
            Effect.zipRight(stream.follow(Topic.Room({ id: room_id }), request, reader, urlParams.after))
          )
        )
      )
      .handle("ticketOfAll", ({ request }) =>
        Effect.flatMap(identify(request), (holder) => auth.ticket(null, holder)).pipe(
          Effect.map((ticket) => ({ ticket, expires_in: ticketSeconds }))
        )
      )
      .handleRaw("all", ({ request, urlParams }) =>
        Effect.flatMap(Reader, (reader) => stream.follow(listOf(reader.user), request, reader, urlParams.after))
      )
  })
)
