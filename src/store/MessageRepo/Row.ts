import { Option, Schema } from "effect"
import { AgentId } from "../../domain/Agent.ts"
import { ImageLink } from "../../domain/Image.ts"
import { Message, MessageId } from "../../domain/Message.ts"
import { RoomId } from "../../domain/RoomId.ts"
import { Flag } from "../../domain/Row.ts"
import { Timestamp } from "../../domain/Time.ts"
import * as Time from "../../domain/Time.ts"

/** A message as the statements read it. */
export const Row = Schema.Struct({
  ...Message.fields,
  images: Schema.NullOr(Schema.parseJson(Schema.Array(ImageLink)))
})

const Place = Schema.decodeUnknownOption(Schema.Struct({ id: MessageId, room_id: RoomId }))
const Moment = Schema.decodeUnknownOption(Schema.Struct({ timestamp: Timestamp }))

/** Stands in the place of a message that cannot be read. */
export const notice = (row: unknown): Option.Option<Message> =>
  Option.map(Place(row), ({ id, room_id }) => ({
    id,
    room_id,
    agent_id: null,
    agent_name: null,
    agent_display_name: null,
    agent_profile_pic: null,
    content: "This message cannot be read.",
    role: "assistant",
    participant_type: "system",
    participant_name: null,
    image_data: null,
    image_media_type: null,
    images: null,
    anthropic_calls: null,
    excuse_reasons: null,
    thinking: null,
    provider: null,
    partial: false,
    finish: null,
    timestamp: Option.match(Moment(row), { onNone: () => Time.at(0), onSome: ({ timestamp }) => timestamp })
  }))

export const Reply = Schema.Struct({
  agent_id: AgentId,
  agent_name: Schema.String,
  agent_display_name: Schema.NullOr(Schema.String),
  content: Schema.String
})
export type Reply = typeof Reply.Type

export const Page = Schema.Struct({
  /** The messages as JSON text. */
  json: Schema.String,
  /** Whether any of them has images. */
  is_pictured: Flag
})
export type Page = typeof Page.Type
