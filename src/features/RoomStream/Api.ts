import {
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSchema,
  HttpApiSecurity,
  OpenApi
} from "@effect/platform"
import { Schema } from "effect"
import { Authenticated, credentials } from "../Auth/Api.ts"
import { TooManyStreams } from "../../domain/Limit.ts"
import { CursorParam, optional, RoomParam } from "../../domain/Param.ts"
import { RoomForbidden, RoomNotFound } from "../../domain/Room.ts"
import { RoomId } from "../../domain/RoomId.ts"
import { Reader, Unauthenticated } from "../../domain/User.ts"

/**
 * Requires a ticket for this stream, or an access token. A ticket that is there decides.
 * @effect-expect-leaking HttpServerRequest | ParsedSearchParams | RouteContext
 */
export class Reading extends HttpApiMiddleware.Tag<Reading>()("parley/features/RoomStream/Api/Reading", {
  failure: Unauthenticated,
  provides: Reader,
  security: { ticket: HttpApiSecurity.apiKey({ in: "query", key: "ticket" }), ...credentials }
}) {}

const ticket = { ticket: Schema.String, expires_in: Schema.Int }
const Position = Schema.Struct({ after: optional(CursorParam) })
const Events = HttpApiSchema.Text({ contentType: "text/event-stream" })

export class StreamApi extends HttpApiGroup.make("stream")
  .annotate(OpenApi.Description, "Server-sent events: what happens in a room, or in all rooms, as it happens.")
  .add(
    /**
     * Opens the room's stream once, for who cannot send headers: it stands in an address, and an access token must not.
     */
    HttpApiEndpoint.post("ticket", "/rooms/:room_id/sse-ticket")
      .annotate(OpenApi.Summary, "Get a ticket for a room's stream")
      .setPath(RoomParam)
      .addSuccess(Schema.Struct({ ...ticket, room_id: RoomId }))
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .middleware(Authenticated)
  )
  .add(
    HttpApiEndpoint.get("stream", "/rooms/:room_id/stream")
      .annotate(OpenApi.Summary, "Follow a room")
      .setPath(RoomParam)
      .setUrlParams(Position)
      .addSuccess(Events)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(TooManyStreams)
      .middleware(Reading)
  )
  .add(
    /** The same for the stream of all rooms. */
    HttpApiEndpoint.post("ticketOfAll", "/sse-ticket")
      .annotate(OpenApi.Summary, "Get a ticket for the stream of all rooms")
      .addSuccess(Schema.Struct(ticket))
      .middleware(Authenticated)
  )
  .add(
    /**
     * The events of all rooms in the caller's list, also of those that come later. It begins with the rooms that there
     * are (`rooms`); each event names its room.
     */
    HttpApiEndpoint.get("all", "/stream")
      .annotate(OpenApi.Summary, "Follow all rooms")
      .setUrlParams(Position)
      .addSuccess(Events)
      .addError(TooManyStreams)
      .middleware(Reading)
  ) {}
