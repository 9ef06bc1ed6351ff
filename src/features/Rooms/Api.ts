import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"
import { Agent } from "../../domain/Agent.ts"
import { FieldsRefused, WriteRefused } from "../../domain/Error.ts"
import { PageParams, RoomParam, SeatParam } from "../../domain/Param.ts"
import {
  ProviderUnknown,
  Room,
  RoomCreate,
  RoomExists,
  RoomForbidden,
  RoomNotFound,
  RoomOrAgentNotFound,
  RoomSummary,
  RoomUpdate
} from "../../domain/Room.ts"
import { SettingRefused } from "../../domain/RoomSettings.ts"
import { SeatChoice, SeatNotFound, SeatUpdate } from "../../domain/Seat.ts"
import { Timestamp } from "../../domain/Time.ts"
import { AdminRequired } from "../../domain/User.ts"

const Done = Schema.Struct({ message: Schema.String })

/**
 * The whole list has the unread rooms first, then those of the latest activity. Pages, asked for by any parameter, go
 * by the activity alone; `after` and `before` name a room.
 */
export const list = HttpApiEndpoint.get("list", "/")
  .annotate(OpenApi.Summary, "List rooms")
  .setUrlParams(PageParams)
  .addSuccess(Schema.Array(RoomSummary))

export class RoomsApi extends HttpApiGroup.make("rooms")
  .annotate(OpenApi.Description, "Lasting conversations, their settings and their rosters.")
  .add(list)
  .add(
    HttpApiEndpoint.post("create", "/")
      .annotate(OpenApi.Summary, "Make a room")
      .setPayload(RoomCreate)
      .addSuccess(Room)
      .addError(SettingRefused)
      .addError(RoomExists)
      .addError(ProviderUnknown)
      .addError(WriteRefused)
  )
  .add(
    HttpApiEndpoint.get("get", "/:room_id")
      .annotate(OpenApi.Summary, "Read a room")
      .setPath(RoomParam)
      .addSuccess(Room)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
  )
  .add(
    HttpApiEndpoint.patch("update", "/:room_id")
      .annotate(OpenApi.Summary, "Change a room's settings")
      .setPath(RoomParam)
      .setPayload(RoomUpdate)
      .addSuccess(Room)
      .addError(FieldsRefused)
      .addError(SettingRefused)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(RoomExists)
      .addError(ProviderUnknown)
      .addError(WriteRefused)
  )
  .add(
    HttpApiEndpoint.post("pause", "/:room_id/pause")
      .annotate(OpenApi.Summary, "Pause a room")
      .setPath(RoomParam)
      .addSuccess(Room)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(RoomExists)
      .addError(WriteRefused)
  )
  .add(
    HttpApiEndpoint.post("resume", "/:room_id/resume")
      .annotate(OpenApi.Summary, "Resume a room")
      .setPath(RoomParam)
      .addSuccess(Room)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(RoomExists)
      .addError(WriteRefused)
  )
  .add(
    HttpApiEndpoint.post("markRead", "/:room_id/mark-read")
      .annotate(OpenApi.Summary, "Mark a room as read")
      .setPath(RoomParam)
      .addSuccess(Schema.Struct({ message: Schema.String, last_read_at: Timestamp }))
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(WriteRefused)
  )
  .add(
    HttpApiEndpoint.del("remove", "/:room_id")
      .annotate(OpenApi.Summary, "Delete a room")
      .setPath(RoomParam)
      .addSuccess(Done)
      .addError(RoomNotFound)
      .addError(AdminRequired)
      .addError(WriteRefused)
  )
  .add(
    HttpApiEndpoint.get("roster", "/:room_id/agents")
      .annotate(OpenApi.Summary, "List the agents of a room")
      .setPath(RoomParam)
      .setUrlParams(PageParams)
      .addSuccess(Schema.Array(Agent))
      .addError(RoomNotFound)
      .addError(RoomForbidden)
  )
  .add(
    HttpApiEndpoint.post("join", "/:room_id/agents/:agent_id")
      .annotate(OpenApi.Summary, "Seat an agent in a room")
      .setPath(SeatParam)
      .addSuccess(Room)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(RoomOrAgentNotFound)
      .addError(WriteRefused)
  )
  .add(
    HttpApiEndpoint.get("seat", "/:room_id/agents/:agent_id")
      .annotate(OpenApi.Summary, "Tell what a seated agent speaks with")
      .setPath(SeatParam)
      .addSuccess(SeatChoice)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(SeatNotFound)
  )
  .add(
    HttpApiEndpoint.patch("choose", "/:room_id/agents/:agent_id")
      .annotate(OpenApi.Summary, "Decide what a seated agent speaks with")
      .setPath(SeatParam)
      .setPayload(SeatUpdate)
      .addSuccess(SeatChoice)
      .addError(FieldsRefused)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .addError(SeatNotFound)
      .addError(ProviderUnknown)
      .addError(WriteRefused)
  )
  .add(
    HttpApiEndpoint.del("leave", "/:room_id/agents/:agent_id")
      .annotate(OpenApi.Summary, "Take an agent out of a room")
      .setPath(SeatParam)
      .addSuccess(Done)
      .addError(RoomOrAgentNotFound)
      .addError(AdminRequired)
      .addError(WriteRefused)
  )
  .middleware(Authenticated)
  .prefix("/rooms") {}
