import { HttpApiSchema } from "@effect/platform"
import { Schema, Struct } from "effect"
import { Agent } from "./Agent.ts"
import { exact, Unheeded } from "./Body.ts"
import { ErrorBody } from "./Error.ts"
import { AsLine } from "./Line.ts"
import { Message } from "./Message.ts"
import { RoomId } from "./RoomId.ts"
import { AskedSettings, RoomSettings } from "./RoomSettings.ts"
import { Flag } from "./Row.ts"
import { Timestamp } from "./Time.ts"

const fields = {
  id: RoomId,
  owner_id: Schema.String,
  name: Schema.String,
  ...RoomSettings.fields,
  is_paused: Flag,
  is_finished: Flag,
  default_provider: Schema.String,
  default_model: Schema.NullOr(Schema.String),
  /** Why the agents were stopped from going on in circles; null while they may speak. */
  loop_guard: Schema.NullOr(Schema.String),
  spent_tokens: Schema.Int,
  spent_usd: Schema.Number,
  created_at: Timestamp,
  last_activity_at: Schema.NullOr(Timestamp)
}

/** What the engine keeps of a room for itself. */
const engine = {
  /** The agents' replies. */
  interactions: Schema.Int,
  /** Replies up to this message are no matter of the loop guard any more. */
  guard_after: Schema.Int,
  /** Autonomous rounds since a person spoke. */
  quiet_rounds: Schema.Int,
  last_round_at: Schema.NullOr(Timestamp)
}

export const engineFields = Struct.keys(engine)

/** A room as it is stored. */
export const RoomRow = Schema.Struct({ ...fields, ...engine })
export type RoomRow = typeof RoomRow.Type

export const RoomSummary = Schema.Struct({
  ...fields,
  last_read_at: Schema.NullOr(Timestamp),
  has_unread: Flag
}).annotations({ identifier: "RoomSummary" })
export type RoomSummary = typeof RoomSummary.Type

export const Room = Schema.Struct({
  ...fields,
  last_read_at: Schema.NullOr(Timestamp),
  agents: Schema.Array(Agent),
  messages: Schema.Array(Message)
}).annotations({ identifier: "Room" })
export type Room = typeof Room.Type

export const RoomName = AsLine.pipe(Schema.minLength(1), Schema.maxLength(200)).annotations({
  jsonSchema: { type: "string", minLength: 1, description: "1 to 200 characters on one line" }
})
const named = { message: () => ({ message: "Expected a name of 1 to 200 characters on one line", override: true }) }
const { max_interactions, ...others } = AskedSettings.fields

// Null leaves a setting as it is, as clients of the original mean it; only what may be unbounded can be set to null.
const kept = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const settings = {
  max_interactions: Schema.optional(max_interactions),
  turn_policy: kept(others.turn_policy),
  double_text: kept(others.double_text),
  someone_answers: kept(Schema.Boolean),
  max_messages: kept(others.max_messages),
  max_follow_ups: kept(others.max_follow_ups),
  budget_tokens: Schema.optional(others.budget_tokens),
  budget_usd: Schema.optional(others.budget_usd),
  autonomous: kept(Schema.Boolean),
  autonomous_every: kept(others.autonomous_every),
  autonomous_ceiling: kept(others.autonomous_ceiling),
  autonomous_max_rounds: kept(others.autonomous_max_rounds)
}

/** What the agents of a room speak with, where neither seat nor agent says otherwise. */
const speech = {
  provider: Schema.optional(Schema.NullOr(Schema.String.pipe(Schema.maxLength(200)))),
  /** Empty is the provider's own choice, which also counts where a provider is named without a model. */
  model: Schema.optional(Schema.NullOr(AsLine.pipe(Schema.maxLength(200))))
}

export const RoomCreate = Schema.Struct({
  name: RoomName.annotations(named),
  ...settings,
  ...speech
}).annotations({ identifier: "RoomCreate" })

/** A field that is absent stays as it is; a limit that is null is removed. */
export const RoomUpdate = Schema.Struct({
  name: Schema.optional(Schema.NullOr(RoomName).annotations(named)),
  ...settings,
  is_paused: Schema.optional(Schema.NullOr(Schema.Boolean)),
  ...speech,
  /** Whether a room is finished shows by itself. */
  is_finished: Unheeded
}).annotations({
  identifier: "RoomUpdate",
  description: "What is absent or null stays as it is; a limit or budget that is null is removed",
  ...exact
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

/** The room takes no message while it answers one; `double_text` of the room says so. Nothing was stored. */
export class RoomBusy extends Schema.TaggedError<RoomBusy>()(
  "RoomBusy",
  { ...ErrorBody, room_id: RoomId },
  HttpApiSchema.annotations({ status: 409 })
) {
  static readonly of = (room_id: RoomId) => new RoomBusy({ room_id, detail: "The room is still answering" })
}

export class RoomPaused extends Schema.TaggedError<RoomPaused>()(
  "RoomPaused",
  { ...ErrorBody, room_id: RoomId },
  HttpApiSchema.annotations({ status: 409 })
) {
  static readonly of = (room_id: RoomId) => new RoomPaused({ room_id, detail: "The room is paused: resume it first" })
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
