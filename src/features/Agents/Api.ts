import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"
import {
  Agent,
  AgentCreate,
  AgentExists,
  AgentNameInvalid,
  AgentNotFound,
  AgentRefused,
  AgentUnwritable,
  AgentUpdate,
  PictureNotFound
} from "../../domain/Agent.ts"
import { FieldsRefused, WriteRefused } from "../../domain/Error.ts"
import { ImageRefused } from "../../domain/Image.ts"
import { AgentParam, LimitParam, number, optional, PageParams } from "../../domain/Param.ts"
import { PersonaMissing } from "../../domain/Persona.ts"
import { ProviderUnknown, Room, RoomExists, RoomNotFound } from "../../domain/Room.ts"
import { AdminRequired } from "../../domain/User.ts"

/** Accepted for the sake of clients of the original, which made pictures smaller. */
const PictureSize = number(Schema.Int.pipe(Schema.between(16, 1024)), 16, 1024)

const Configs = Schema.Struct({
  configs: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({
      path: Schema.String,
      group: Schema.NullOr(Schema.String),
      /** Why the agent is disabled, or why an older version of it is in use. */
      problem: Schema.NullOr(Schema.String),
      /** What of its configuration means nothing: keys and tools that there are not, files under another name. */
      warnings: Schema.Array(Schema.String)
    })
  })
})

const configs = <const Name extends string>(name: Name, path: `/${string}`) =>
  HttpApiEndpoint.get(name, path)
    .annotate(OpenApi.Summary, "List the agents' folders and what is wrong with them")
    .setUrlParams(Schema.Struct({ limit: optional(LimitParam) }))
    .addSuccess(Configs)
    .middleware(Authenticated)

export class AgentsApi extends HttpApiGroup.make("agents")
  .annotate(OpenApi.Description, "Personas, kept as folders of Markdown files.")
  .add(
    /** By name; `after` and `before` name an agent. */
    HttpApiEndpoint.get("list", "/")
      .annotate(OpenApi.Summary, "List agents")
      .setUrlParams(PageParams)
      .addSuccess(Schema.Array(Agent))
      .middleware(Authenticated)
  )
  .add(
    /** The server writes the agent's folder in the agents folder. */
    HttpApiEndpoint.post("create", "/")
      .annotate(OpenApi.Summary, "Make an agent")
      .setPayload(AgentCreate)
      .addSuccess(Agent)
      .addError(AgentExists)
      .addError(AgentNameInvalid)
      .addError(PersonaMissing)
      .addError(AgentRefused)
      .addError(ImageRefused)
      .addError(AdminRequired)
      .addError(AgentUnwritable)
      .addError(WriteRefused)
      .middleware(Authenticated)
  )
  .add(configs("configs", "/configs"))
  .add(
    HttpApiEndpoint.get("get", "/:agent_id")
      .annotate(OpenApi.Summary, "Read an agent")
      .setPath(AgentParam)
      .addSuccess(Agent)
      .addError(AgentNotFound)
      .middleware(Authenticated)
  )
  .add(
    HttpApiEndpoint.patch("update", "/:agent_id")
      .annotate(OpenApi.Summary, "Change an agent")
      .setPath(AgentParam)
      .setPayload(AgentUpdate)
      .addSuccess(Agent)
      .addError(FieldsRefused)
      .addError(AgentNotFound)
      .addError(AgentRefused)
      .addError(ImageRefused)
      .addError(AdminRequired)
      .addError(AgentUnwritable)
      .addError(WriteRefused)
      .middleware(Authenticated)
  )
  .add(
    /** Reads the agent's folder anew; 400 says why it cannot be used. */
    HttpApiEndpoint.post("reload", "/:agent_id/reload")
      .annotate(OpenApi.Summary, "Read an agent's folder again")
      .setPath(AgentParam)
      .addSuccess(Agent)
      .addError(AgentNotFound)
      .addError(PersonaMissing)
      .addError(AdminRequired)
      .addError(WriteRefused)
      .middleware(Authenticated)
  )
  .add(
    /** The folder goes to `.removed` in the agents folder; what the agent said keeps its name. */
    HttpApiEndpoint.del("remove", "/:agent_id")
      .annotate(OpenApi.Summary, "Take an agent away")
      .setPath(AgentParam)
      .addSuccess(Schema.Struct({ message: Schema.String }))
      .addError(AgentNotFound)
      .addError(AgentRefused)
      .addError(AdminRequired)
      .addError(AgentUnwritable)
      .addError(WriteRefused)
      .middleware(Authenticated)
  )
  .add(
    /**
     * The caller's own room with this agent; made when there is none. Each other provider and model has one of its own.
     */
    HttpApiEndpoint.get("directRoom", "/:agent_id/direct-room")
      .annotate(OpenApi.Summary, "Open the caller's own room with an agent")
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
      .annotate(OpenApi.Summary, "Read an agent's picture")
      .setPath(Schema.Struct({ name: Schema.String }))
      .setUrlParams(Schema.Struct({ size: optional(PictureSize) }))
      .addSuccess(HttpApiSchema.Uint8Array({ contentType: "image/*" }))
      .addError(AgentNameInvalid)
      .addError(PictureNotFound)
      .annotate(OpenApi.Description, "The picture as it is stored: `size` has no effect.")
  )
  .prefix("/agents")
  // The page of the original asks here.
  .add(configs("configsShort", "/agent-configs")) {}
