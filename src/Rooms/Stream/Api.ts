import { HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema, HttpApiSecurity } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated, credentials } from "../../Auth/Api.ts"
import { TooManyStreams } from "../../domain/Limit.ts"
import { CursorParam, optional, RoomParam } from "../../domain/Param.ts"
import { RoomForbidden, RoomNotFound } from "../../domain/Room.ts"
import { RoomId } from "../../domain/RoomId.ts"
import { Reader, Unauthenticated } from "../../domain/User.ts"

/**
 * Requires a ticket for this room, or an access token. A ticket that is there decides.
 * @effect-expect-leaking HttpServerRequest | ParsedSearchParams | RouteContext
 */
export class Reading extends HttpApiMiddleware.Tag<Reading>()("parley/Rooms/Stream/Api/Reading", {
  failure: Unauthenticated,
  provides: Reader,
  security: { ticket: HttpApiSecurity.apiKey({ in: "query", key: "ticket" }), ...credentials }
}) {}

const Ticket = Schema.Struct({ ticket: Schema.String, expires_in: Schema.Int, room_id: RoomId })

export class StreamApi extends HttpApiGroup.make("stream")
  .add(
    /** Opens the room's stream once, for who cannot send headers: it stands in an address, and an access token must not. */
    HttpApiEndpoint.post("ticket", "/sse-ticket")
      .setPath(RoomParam)
      .addSuccess(Ticket)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .middleware(Authenticated)
  )
  .add(
    HttpApiEndpoint.get("stream", "/stream")
      .setPath(RoomParam)
      .setUrlParams(Schema.Struct({ after: optional(CursorParam) }))
      .addSuccess(HttpApiSchema.Text({ contentType: "text/event-stream" }))
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(TooManyStreams)
      .middleware(Reading)
  )
  .prefix("/rooms/:room_id") {}
