import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"
import { Agent, AgentNameInvalid, AgentNotFound, PictureNotFound } from "../domain/Agent.ts"
import { WriteRefused } from "../domain/Error.ts"
import { AgentParam, LimitParam, optional } from "../domain/Param.ts"
import { ProviderUnknown, Room, RoomExists, RoomNotFound } from "../domain/Room.ts"

const Configs = Schema.Struct({
  configs: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      path: Schema.String,
      group: Schema.NullOr(Schema.String),
      /** Why the agent is disabled, or why an older version of it is in use. */
      problem: Schema.NullOr(Schema.String)
    })
  })
})

export class AgentsApi extends HttpApiGroup.make("agents")
  .add(
    HttpApiEndpoint.get("list", "/")
      .setUrlParams(Schema.Struct({ limit: optional(LimitParam) }))
      .addSuccess(Schema.Array(Agent))
      .middleware(Authenticated)
  )
  .add(HttpApiEndpoint.get("configs", "/configs").addSuccess(Configs).middleware(Authenticated))
  .add(
    HttpApiEndpoint.get("get", "/:agent_id")
      .setPath(AgentParam)
      .addSuccess(Agent)
      .addError(AgentNotFound)
      .middleware(Authenticated)
  )
  .add(
    /** The caller's own room with this agent; made when there is none. Each other provider and model has one of its own. */
    HttpApiEndpoint.get("directRoom", "/:agent_id/direct-room")
      .setPath(AgentParam)
      .setUrlParams(
        Schema.Struct({
          provider: optional(Schema.NonEmptyString),
          model: optional(Schema.NonEmptyString.pipe(Schema.maxLength(80)))
        })
      )
      .addSuccess(Room)
      .addError(AgentNotFound)
      .addError(RoomNotFound)
      .addError(ProviderUnknown)
      .addError(RoomExists)
      .addError(WriteRefused)
      .middleware(Authenticated)
  )
  .add(
    HttpApiEndpoint.get("picture", "/:name/profile-pic")
      .setPath(Schema.Struct({ name: Schema.String }))
      .addSuccess(HttpApiSchema.Uint8Array({ contentType: "image/*" }))
      .addError(AgentNameInvalid)
      .addError(PictureNotFound)
  )
  .prefix("/agents") {}
