import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"
import { WriteRefused } from "../../domain/Error.ts"
import { Round, RoundNotFound, RoundSummary, Usage } from "../../domain/History.ts"
import { Message } from "../../domain/Message.ts"
import { PageParams, RoomParam, RoundParam } from "../../domain/Param.ts"
import { RoomBusy, RoomForbidden, RoomNotFound, RoomPaused } from "../../domain/Room.ts"

export class RoundsApi extends HttpApiGroup.make("rounds")
  .annotate(OpenApi.Description, "Who spoke after a message, why, and what it cost.")
  .add(
    /** The newest rounds, those before one, or those next after one; newest first. */
    HttpApiEndpoint.get("list", "/rounds")
      .annotate(OpenApi.Summary, "List rounds")
      .setPath(RoomParam)
      .setUrlParams(PageParams)
      .addSuccess(Schema.Array(RoundSummary))
      .addError(RoomNotFound)
      .addError(RoomForbidden)
  )
  .add(
    HttpApiEndpoint.get("get", "/rounds/:round_id")
      .annotate(OpenApi.Summary, "Read a round")
      .setPath(RoundParam)
      .addSuccess(Round)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(RoundNotFound)
  )
  .add(
    HttpApiEndpoint.get("usage", "/usage")
      .annotate(OpenApi.Summary, "Read what a room used and cost")
      .setPath(RoomParam)
      .addSuccess(Usage)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
  )
  .add(
    /** Private feedback; never part of the room's messages. */
    HttpApiEndpoint.get("critiques", "/critic-messages")
      .annotate(OpenApi.Summary, "List what critics wrote")
      .setPath(RoomParam)
      .setUrlParams(PageParams)
      .addSuccess(Schema.Array(Message))
      .addError(RoomNotFound)
      .addError(RoomForbidden)
  )
  .add(
    HttpApiEndpoint.post("goOn", "/continue")
      .annotate(OpenApi.Summary, "Let the agents go on")
      .setPath(RoomParam)
      .addSuccess(Round)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(RoomBusy)
      .addError(RoomPaused)
      .addError(WriteRefused)
  )
  .middleware(Authenticated)
  .prefix("/rooms/:room_id") {}
