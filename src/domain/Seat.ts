import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { AgentId } from "./Agent.ts"
import { exact } from "./Body.ts"
import { ErrorBody } from "./Error.ts"
import { ModelChoice } from "./ModelChoice.ts"
import { RoomId } from "./RoomId.ts"

/** What is absent stays as it is; what is null is left to the agent and the room. */
export const SeatUpdate = Schema.Struct({
  provider: Schema.optional(ModelChoice.fields.provider),
  model: Schema.optional(ModelChoice.fields.model),
  max_output_tokens: Schema.optional(ModelChoice.fields.max_output_tokens),
  temperature: Schema.optional(ModelChoice.fields.temperature),
  thinking: Schema.optional(ModelChoice.fields.thinking)
}).annotations({
  identifier: "SeatUpdate",
  description: "What is absent stays as it is; what is null is left to the agent, and then to the room",
  ...exact
})

/** An agent in a room, and what it speaks with. */
export const SeatChoice = Schema.Struct({
  room_id: RoomId,
  agent_id: AgentId,
  ...ModelChoice.fields,
  /** What counts of the choices of the seat, the agent and the room. */
  speaks_with: Schema.Struct({ ...ModelChoice.fields, provider: Schema.String, model: Schema.String })
}).annotations({ identifier: "SeatChoice" })
export type SeatChoice = typeof SeatChoice.Type

/** The agent does not sit in the room. */
export class SeatNotFound extends Schema.TaggedError<SeatNotFound>()(
  "SeatNotFound",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 404 })
) {
  static readonly of = () => new SeatNotFound({ detail: "The agent does not sit in this room" })
}
