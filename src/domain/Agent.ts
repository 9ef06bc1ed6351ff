import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { exact, Unheeded } from "./Body.ts"
import { ErrorBody } from "./Error.ts"
import { Flag } from "./Row.ts"
import { Timestamp } from "./Time.ts"
import { nameRule } from "./Persona.ts"
import type { User } from "./User.ts"

export const AgentId = Schema.Int.pipe(Schema.brand("AgentId"))
export type AgentId = typeof AgentId.Type

/** An agent as clients see it; the persona's texts are copies taken when its folder was last read. */
export const Agent = Schema.Struct({
  id: AgentId,
  /** The folder's, by which the agent is known. */
  name: Schema.String,
  display_name: Schema.NullOr(Schema.String).annotations({
    description: "What the agent is called in place of `name`, its folder's; null where that is what it is called"
  }),
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

/** Guests get neither prompts, nor what they are made of, nor what an agent remembers. */
export const asSeenBy =
  ({ role }: User) =>
  (agent: Agent): Agent =>
    role === "admin" ? agent : { ...agent, characteristics: null, recent_events: null, system_prompt: "" }

const Text = (max: number) =>
  Schema.optional(
    Schema.NullOr(
      Schema.String.pipe(
        Schema.maxLength(max),
        Schema.filter((text) => !text.includes("\0") || "Expected a text without NUL")
      )
    )
  )

const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const changes = {
  display_name: Schema.optional(
    Schema.NullOr(
      Schema.String.pipe(Schema.maxLength(1000)).annotations({
        description:
          "What the agent is called in place of its folder's name, at most 100 characters on one line; null takes it away"
      })
    )
  ),
  profile_pic: maybe(
    Schema.String.annotations({
      description: "A picture as a data URL; the name of one, as agents have it, changes nothing"
    })
  ),
  in_a_nutshell: Text(10_000),
  characteristics: Text(50_000),
  recent_events: Text(20_000),
  is_critic: maybe(Schema.Boolean),
  interrupt_every_turn: maybe(Schema.Boolean),
  priority: maybe(Schema.Int.pipe(Schema.between(-1_000_000, 1_000_000))),
  transparent: maybe(Schema.Boolean),
  final_response: maybe(Schema.Boolean)
}

/** What is absent or null stays as it is; an empty text is taken away. */
export const AgentUpdate = Schema.Struct({ ...changes, backgrounds: Unheeded, memory: Unheeded }).annotations({
  ...exact,
  description: "What is absent or null stays as it is; an empty text is taken away"
})
export type AgentChanges = typeof AgentUpdate.Type

export const AgentCreate = Schema.Struct({
  name: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(100)).annotations({
    description: "One that no folder can have is what the agent is called, beside a folder's name that is near to it"
  }),
  group: maybe(Schema.String.pipe(Schema.maxLength(100))),
  /** The agent's own folder, where it is there already: its files count where nothing is said here. */
  config_file: maybe(Schema.String.pipe(Schema.maxLength(500))),
  ...changes
})
export type AgentCreate = typeof AgentCreate.Type

/** What planning and seating need to know of an agent in a room. */
export const Member = Agent.pick(
  "id",
  "name",
  "display_name",
  "group",
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
  static readonly of = (rule = `a name has ${nameRule}`) =>
    new AgentNameInvalid({ detail: `Invalid agent name: ${rule}` })
}

export class AgentExists extends Schema.TaggedError<AgentExists>()(
  "AgentExists",
  { ...ErrorBody, name: Schema.String },
  HttpApiSchema.annotations({ status: 409 })
) {
  static readonly of = (name: string) => new AgentExists({ name, detail: `Agent with name '${name}' already exists` })
}

/** Nothing of the agent was written. */
export class AgentRefused extends Schema.TaggedError<AgentRefused>()(
  "AgentRefused",
  { ...ErrorBody, field: Schema.String },
  HttpApiSchema.annotations({ status: 400 })
) {
  /** `reason` continues a sentence that begins with the field. */
  static readonly of = (field: string, reason: string) => new AgentRefused({ field, detail: `${field} ${reason}` })
}

/** The agents folder, or this agent's, cannot be changed by the server. */
export class AgentUnwritable extends Schema.TaggedError<AgentUnwritable>()(
  "AgentUnwritable",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 503 })
) {
  static readonly of = () => new AgentUnwritable({ detail: "The agent's folder cannot be written" })
}
