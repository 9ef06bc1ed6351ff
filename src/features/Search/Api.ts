import { HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"
import { CursorParam, LimitParam, optional, RoomParam } from "../../domain/Param.ts"
import { RoomForbidden, RoomNotFound } from "../../domain/Room.ts"
import { Found, Query } from "../../domain/Search.ts"

const Question = Schema.Struct({ q: Query, before: optional(CursorParam), limit: optional(LimitParam) })

export class SearchApi extends HttpApiGroup.make("search")
  .add(
    HttpApiEndpoint.get("inRoom", "/rooms/:room_id/messages/search")
      .setPath(RoomParam)
      .setUrlParams(Question)
      .addSuccess(Found)
      .addError(RoomNotFound)
      .addError(RoomForbidden)
  )
  .add(
    /** In all rooms of the caller; the admin's are everybody's. */
    HttpApiEndpoint.get("everywhere", "/messages/search").setUrlParams(Question).addSuccess(Found)
  )
  .middleware(Authenticated) {}
