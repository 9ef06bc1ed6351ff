import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { AgentId } from "./Agent.ts"
import { ErrorBody } from "./Error.ts"
import { RoomId } from "./RoomId.ts"
import { Flag } from "./Row.ts"
import { Timestamp } from "./Time.ts"

export const MessageId = Schema.Int.pipe(Schema.brand("MessageId"))
export type MessageId = typeof MessageId.Type

/** Where a reader stands in a room: the id of the last message it has, 0 for none. */
export const Cursor = Schema.Int.pipe(Schema.nonNegative(), Schema.brand("Cursor"))

export const PageSize = Schema.Int.pipe(Schema.between(1, 1000), Schema.brand("PageSize"))
export type PageSize = typeof PageSize.Type

const ParticipantType = Schema.Literal("user", "character", "situation_builder", "system", "agent")

const ImageData = Schema.Struct({ data: Schema.String, media_type: Schema.String })

export const Message = Schema.Struct({
  id: MessageId,
  room_id: RoomId,
  agent_id: Schema.NullOr(AgentId),
  agent_name: Schema.NullOr(Schema.String),
  agent_profile_pic: Schema.NullOr(Schema.String),
  content: Schema.String,
  role: Schema.String,
  participant_type: Schema.NullOr(Schema.String),
  participant_name: Schema.NullOr(Schema.String),
  image_data: Schema.NullOr(ImageData),
  image_media_type: Schema.NullOr(Schema.String),
  images: Schema.NullOr(Schema.Array(ImageData)),
  anthropic_calls: Schema.NullOr(Schema.Array(Schema.String)),
  excuse_reasons: Schema.NullOr(Schema.Array(Schema.String)),
  thinking: Schema.NullOr(Schema.String),
  provider: Schema.NullOr(Schema.String),
  /** Cut off by an interruption. */
  partial: Flag,
  timestamp: Timestamp
})
export type Message = typeof Message.Type

const Ignored = Schema.optional(Schema.Unknown)

/**
 * What a client may send. Who speaks is decided by the server: a role, an agent or a thinking that a client names is
 * accepted, as old clients send them, and ignored.
 */
export const MessageCreate = Schema.Struct({
  content: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(100_000)),
  participant_type: Schema.optional(Schema.NullOr(ParticipantType)),
  participant_name: Schema.optional(Schema.NullOr(Schema.Trim.pipe(Schema.maxLength(100)))),
  mentioned_agent_ids: Schema.optional(Schema.NullOr(Schema.Array(AgentId).pipe(Schema.maxItems(100)))),
  image_data: Ignored,
  images: Ignored
})
export type MessageCreate = typeof MessageCreate.Type

/** Images cannot be kept yet; refused whole, so that nothing is half done. */
export class ImagesUnsupported extends Schema.TaggedError<ImagesUnsupported>()(
  "ImagesUnsupported",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 422 })
) {
  static readonly of = () => new ImagesUnsupported({ detail: "This server does not take images yet" })
}
