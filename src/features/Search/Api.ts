import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"
import { CursorParam, LimitParam, optional, RoomParam } from "../../domain/Param.ts"
import { RoomForbidden, RoomNotFound } from "../../domain/Room.ts"
import { Found, Query } from "../../domain/Search.ts"

const Question = Schema.Struct({ q: Query, before: optional(CursorParam), limit: optional(LimitParam) })

export class SearchApi extends HttpApiGroup.make("search")
  .annotate(OpenApi.Description, "Finds messages by their words.")
  .add(
    HttpApiEndpoint.get("inRoom", "/rooms/:room_id/messages/search")
      .annotate(OpenApi.Summary, "Search a room")
      .setPath(RoomParam)
      .setUrlParams(Question)
      .addSuccess(Found)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
  )
  .add(
    /** In all rooms of the caller; the admin's are everybody's. */
    HttpApiEndpoint.get("everywhere", "/messages/search")
      .annotate(OpenApi.Summary, "Search all rooms")
      .setUrlParams(Question)
      .addSuccess(Found)
  )
  .middleware(Authenticated) {}
