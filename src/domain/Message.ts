import { Schema } from "effect"
import { AgentId } from "./Agent.ts"
import { Finish } from "./Finish.ts"
import { ImageLink, ImageUpload, InlineImage } from "./Image.ts"
import { AsLine } from "./Line.ts"
import { RoomId } from "./RoomId.ts"
import { Flag } from "./Row.ts"
import { Timestamp } from "./Time.ts"

export const MessageId = Schema.Int.pipe(Schema.brand("MessageId"))
export type MessageId = typeof MessageId.Type

/** Where a reader stands in a room: the id of the last message it has, 0 for none. */
export const Cursor = Schema.Int.pipe(Schema.nonNegative(), Schema.brand("Cursor"))

export const PageSize = Schema.Int.pipe(Schema.between(1, 1000), Schema.brand("PageSize"))
export type PageSize = typeof PageSize.Type

export const ParticipantType = Schema.Literal("user", "character", "situation_builder", "system", "agent")

export const Message = Schema.Struct({
  id: MessageId,
  room_id: RoomId,
  agent_id: Schema.NullOr(AgentId),
  agent_name: Schema.NullOr(Schema.String),
  agent_display_name: Schema.NullOr(Schema.String).annotations({
    description: "What the agent was called in place of `agent_name` when it said this; null where that was its name"
  }),
  agent_profile_pic: Schema.NullOr(Schema.String),
  content: Schema.String,
  role: Schema.String,
  participant_type: Schema.NullOr(Schema.String),
  participant_name: Schema.NullOr(Schema.String),
  /** The first image, only in the answers that clients of the original read it from; everywhere else null. */
  image_data: Schema.NullOr(InlineImage),
  /** Always null; older clients expect the field. */
  image_media_type: Schema.Null,
  images: Schema.NullOr(Schema.Array(ImageLink)),
  anthropic_calls: Schema.NullOr(Schema.Array(Schema.String)),
  excuse_reasons: Schema.NullOr(Schema.Array(Schema.String)),
  thinking: Schema.NullOr(Schema.String),
  provider: Schema.NullOr(Schema.String),
  /** Cut off by an interruption. */
  partial: Flag,
  /** How an agent's words ended; null for what people say, and where it is not known. */
  finish: Schema.NullOr(Finish),
  timestamp: Timestamp
}).annotations({ identifier: "Message" })
export type Message = typeof Message.Type

/** What somebody calls the one who speaks. */
export const longestName = 100

/** What a person may say in one message. */
export const longestSaid = 100_000

/**
 * What a client may send. Who speaks is decided by the server: a role, an agent or a thinking that a client names is
 * accepted, as old clients send them, and ignored. An image may stand for words.
 */
export const MessageCreate = Schema.Struct({
  content: Schema.String.pipe(Schema.maxLength(longestSaid)),
  participant_type: Schema.optional(Schema.NullOr(ParticipantType)),
  participant_name: Schema.optional(Schema.NullOr(AsLine.pipe(Schema.maxLength(longestName)))),
  mentioned_agent_ids: Schema.optional(Schema.NullOr(Schema.Array(AgentId).pipe(Schema.maxItems(100)))),
  image_data: Schema.optional(Schema.NullOr(Schema.Union(ImageUpload, Schema.String))),
  images: Schema.optional(Schema.NullOr(Schema.Array(ImageUpload)))
})
  .annotations({ identifier: "MessageCreate" })
  .pipe(
    Schema.filter(({ content, image_data, images }) =>
      content !== "" || image_data || images?.length
        ? undefined
        : { path: ["content"], message: "Expected a text or an image" }
    )
  )
export type MessageCreate = typeof MessageCreate.Type
