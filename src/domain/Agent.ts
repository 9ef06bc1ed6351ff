import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { ErrorBody } from "./Error.ts"
import { Flag } from "./Row.ts"
import { Timestamp } from "./Time.ts"
import type { User } from "./User.ts"

export const AgentId = Schema.Int.pipe(Schema.brand("AgentId"))
export type AgentId = typeof AgentId.Type

/** An agent as clients see it; the persona's texts are copies taken when its folder was last read. */
export const Agent = Schema.Struct({
  id: AgentId,
  name: Schema.String,
  group: Schema.NullOr(Schema.String),
  config_file: Schema.NullOr(Schema.String),
  profile_pic: Schema.NullOr(Schema.String),
  in_a_nutshell: Schema.NullOr(Schema.String),
  characteristics: Schema.NullOr(Schema.String),
  recent_events: Schema.NullOr(Schema.String),
  is_critic: Flag,
  interrupt_every_turn: Flag,
  priority: Schema.Int,
  transparent: Flag,
  final_response: Flag,
  system_prompt: Schema.String,
  session_id: Schema.Null,
  created_at: Timestamp
}).annotations({ identifier: "Agent" })
export type Agent = typeof Agent.Type

/** Guests get neither prompts nor what an agent remembers. */
export const asSeenBy =
  ({ role }: User) =>
  (agent: Agent): Agent =>
    role === "admin" ? agent : { ...agent, recent_events: null, system_prompt: "" }

/** What planning and seating need to know of an agent in a room. */
export const Member = Agent.pick(
  "id",
  "name",
  "profile_pic",
  "is_critic",
  "interrupt_every_turn",
  "priority",
  "transparent",
  "final_response"
)
export type Member = typeof Member.Type

export class AgentNotFound extends Schema.TaggedError<AgentNotFound>()(
  "AgentNotFound",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 404 })
) {
  static readonly of = () => new AgentNotFound({ detail: "Agent not found" })
}

export class PictureNotFound extends Schema.TaggedError<PictureNotFound>()(
  "PictureNotFound",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 404 })
) {
  static readonly of = () => new PictureNotFound({ detail: "Profile picture not found" })
}

export class AgentNameInvalid extends Schema.TaggedError<AgentNameInvalid>()(
  "AgentNameInvalid",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 400 })
) {
  static readonly of = () => new AgentNameInvalid({ detail: "Invalid agent name" })
}
