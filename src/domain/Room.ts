import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { Agent } from "./Agent.ts"
import { ErrorBody } from "./Error.ts"
import { Message } from "./Message.ts"
import { RoomId } from "./RoomId.ts"
import { Flag } from "./Row.ts"
import { Timestamp } from "./Time.ts"

const fields = {
  id: RoomId,
  owner_id: Schema.String,
  name: Schema.String,
  max_interactions: Schema.NullOr(Schema.Int),
  is_paused: Flag,
  is_finished: Flag,
  default_provider: Schema.String,
  default_model: Schema.NullOr(Schema.String),
  created_at: Timestamp,
  last_activity_at: Schema.NullOr(Timestamp)
}

/** A room as it is stored; `interactions` counts the agents' replies. */
export const RoomRow = Schema.Struct({ ...fields, interactions: Schema.Int })
export type RoomRow = typeof RoomRow.Type

export const RoomSummary = Schema.Struct({ ...fields, last_read_at: Schema.NullOr(Timestamp), has_unread: Flag })
export type RoomSummary = typeof RoomSummary.Type

export const Room = Schema.Struct({
  ...fields,
  last_read_at: Schema.NullOr(Timestamp),
  agents: Schema.Array(Agent),
  messages: Schema.Array(Message)
})
export type Room = typeof Room.Type

export const RoomName = Schema.Trim.pipe(Schema.minLength(1), Schema.maxLength(200))
const Limit = Schema.NullOr(Schema.Int.pipe(Schema.between(0, 1_000_000)))

export const RoomCreate = Schema.Struct({
  name: RoomName,
  max_interactions: Schema.optional(Limit),
  provider: Schema.optional(Schema.NullOr(Schema.String)),
  model: Schema.optional(Schema.NullOr(Schema.String))
})

/** A field that is absent stays as it is; a limit that is null is removed. */
export const RoomUpdate = Schema.Struct({
  name: Schema.optional(Schema.NullOr(RoomName)),
  max_interactions: Schema.optional(Limit),
  is_paused: Schema.optional(Schema.NullOr(Schema.Boolean))
})

export class RoomNotFound extends Schema.TaggedError<RoomNotFound>()(
  "RoomNotFound",
  { ...ErrorBody, room_id: RoomId },
  HttpApiSchema.annotations({ status: 404 })
) {
  static readonly of = (room_id: RoomId) => new RoomNotFound({ room_id, detail: `Room with id ${room_id} not found` })
}

export class RoomForbidden extends Schema.TaggedError<RoomForbidden>()(
  "RoomForbidden",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 403 })
) {
  static readonly of = () => new RoomForbidden({ detail: "You do not have access to this room" })
}

export class RoomExists extends Schema.TaggedError<RoomExists>()(
  "RoomExists",
  { ...ErrorBody, name: Schema.String },
  HttpApiSchema.annotations({ status: 409 })
) {
  static readonly of = (name: string) => new RoomExists({ name, detail: `Room with name '${name}' already exists` })
}

export class ProviderUnknown extends Schema.TaggedError<ProviderUnknown>()(
  "ProviderUnknown",
  { ...ErrorBody, provider: Schema.String, allowed: Schema.Array(Schema.String) },
  HttpApiSchema.annotations({ status: 400 })
) {
  static readonly of = (provider: string, allowed: ReadonlyArray<string>) =>
    new ProviderUnknown({ provider, allowed, detail: `No provider '${provider}'; there are: ${allowed.join(", ")}` })
}

export class RoomOrAgentNotFound extends Schema.TaggedError<RoomOrAgentNotFound>()(
  "RoomOrAgentNotFound",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 404 })
) {
  static readonly of = () => new RoomOrAgentNotFound({ detail: "Room or Agent not found" })
}
