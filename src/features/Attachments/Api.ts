import {
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSchema,
  HttpApiSecurity,
  OpenApi
} from "@effect/platform"
import { Schema } from "effect"
import { credentials } from "../Auth/Api.ts"
import { ImageNotFound, Viewer } from "../../domain/Image.ts"
import { MessageId } from "../../domain/Message.ts"
import { number, RoomParam } from "../../domain/Param.ts"
import { RoomForbidden, RoomNotFound } from "../../domain/Room.ts"
import { Unauthenticated } from "../../domain/User.ts"

/**
 * Requires an access token, or the image's own key in the query.
 * @effect-expect-leaking HttpServerRequest | ParsedSearchParams | RouteContext
 */
export class Viewing extends HttpApiMiddleware.Tag<Viewing>()("parley/features/Attachments/Api/Viewing", {
  failure: Unauthenticated,
  provides: Viewer,
  security: {
    ...credentials,
    key: HttpApiSecurity.apiKey({ in: "query", key: "key" })
  }
}) {}

const ImageParam = Schema.Struct({
  ...RoomParam.fields,
  message_id: number(MessageId, 1),
  position: number(Schema.NonNegativeInt, 0)
})

export class AttachmentsApi extends HttpApiGroup.make("attachments")
  .annotate(OpenApi.Description, "Images of messages.")
  .add(
    /** An image of a message, counted from 0. */
    HttpApiEndpoint.get("image", "/messages/:message_id/images/:position")
      .annotate(OpenApi.Summary, "Read an image of a message")
      .setPath(ImageParam)
      .addSuccess(HttpApiSchema.Uint8Array({ contentType: "image/*" }))
      .addError(ImageNotFound)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
  )
  .middleware(Viewing)
  .prefix("/rooms/:room_id") {}
