import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { AgentId } from "./Agent.ts"
import { exact } from "./Body.ts"
import { ErrorBody } from "./Error.ts"
import { ModelChoice } from "./ModelChoice.ts"
import { RoomId } from "./RoomId.ts"

/** What is absent stays as it is; what is null is left to the agent and the room. */
export const SeatUpdate = Schema.Struct({
  provider: Schema.optionalWith(ModelChoice.fields.provider, { exact: true }),
  model: Schema.optionalWith(ModelChoice.fields.model, { exact: true }),
  max_output_tokens: Schema.optionalWith(ModelChoice.fields.max_output_tokens, { exact: true }),
  temperature: Schema.optionalWith(ModelChoice.fields.temperature, { exact: true }),
  thinking: Schema.optionalWith(ModelChoice.fields.thinking, { exact: true })
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
