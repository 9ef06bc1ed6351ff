import { HttpApiSchema } from "@effect/platform"
import { DateTime, Option, Schema } from "effect"
import { ErrorBody } from "./Error.ts"
import { Fault, type ImageRefused, ImageType, mostImages } from "./Image.ts"
import { ParticipantType } from "./Message.ts"
import { RoomName } from "./Room.ts"
import { RoomId } from "./RoomId.ts"
import { RoomSettings } from "./RoomSettings.ts"
import { Timestamp } from "./Time.ts"

// A room outside the database: all that is needed to have it again elsewhere.

const Moment = Timestamp.pipe(
  Schema.filter((text) => Option.isSome(DateTime.make(text)) || "Expected a time that there is")
)

const Name = Schema.String.pipe(Schema.maxLength(200))
const Id = Schema.Int.pipe(Schema.positive())

export const DocumentSeat = Schema.Struct({
  name: Name,
  group: Schema.NullOr(Name),
  joined_at: Moment,
  /** The message after which the agent joined; it knows nothing from before. 0 when it was there from the first. */
  joined_after: Schema.NonNegativeInt
})
export type DocumentSeat = typeof DocumentSeat.Type

export const DocumentMessage = Schema.Struct({
  /** Orders the messages of the document; an import gives new ones. */
  id: Id,
  role: Schema.Literal("user", "assistant"),
  agent_name: Schema.NullOr(Name),
  participant_type: Schema.NullOr(ParticipantType),
  participant_name: Schema.NullOr(Name),
  content: Schema.String,
  thinking: Schema.NullOr(Schema.String),
  provider: Schema.NullOr(Name),
  /** Cut off by an interruption. */
  partial: Schema.Boolean,
  timestamp: Moment,
  images: Schema.Array(Schema.Struct({ media_type: ImageType, data: Schema.String })).pipe(Schema.maxItems(mostImages))
})
export type DocumentMessage = typeof DocumentMessage.Type

const outOfOrder = (messages: ReadonlyArray<DocumentMessage>) => {
  const at = messages.findIndex(({ id }, i) => id <= (messages[i - 1]?.id ?? 0))
  return at === -1 ? undefined : { path: [at, "id"], message: "Expected a higher id than that of the message before" }
}

const DocumentRoom = Schema.extend(
  Schema.Struct({
    name: RoomName,
    is_paused: Schema.Boolean,
    default_provider: Name,
    default_model: Schema.NullOr(Name),
    created_at: Moment,
    last_activity_at: Schema.NullOr(Moment)
  }),
  Schema.partial(RoomSettings)
)
export type DocumentRoom = typeof DocumentRoom.Type

export const RoomDocument = Schema.Struct({
  format: Schema.Literal("parley.room"),
  version: Schema.Literal(1),
  exported_at: Moment,
  room: DocumentRoom,
  agents: Schema.Array(DocumentSeat).pipe(Schema.maxItems(1000)),
  messages: Schema.Array(DocumentMessage).pipe(Schema.filter(outOfOrder))
}).annotations({ identifier: "RoomDocument" })
export type RoomDocument = typeof RoomDocument.Type

/** What became of a document. */
export const Imported = Schema.Struct({
  room_id: RoomId,
  /** The document's, or `name (2)` where that is taken. */
  name: RoomName,
  /** The document's, or this server's own where that one is not configured. */
  default_provider: Schema.String,
  message_count: Schema.Int,
  image_count: Schema.Int,
  /** Agents of the document that this server does not have: what they said is kept under their names. */
  missing_agents: Schema.Array(Schema.String)
}).annotations({ identifier: "Imported" })
export type Imported = typeof Imported.Type

/** An image of a document that cannot be taken; nothing was stored. */
export class DocumentRefused extends Schema.TaggedError<DocumentRefused>()(
  "DocumentRefused",
  {
    ...ErrorBody,
    reason: Fault,
    /** Which message, by its place in the list from 0, and which of its images, from 1. */
    message: Schema.Int,
    image: Schema.NullOr(Schema.Int)
  },
  HttpApiSchema.annotations({ status: 422 })
) {
  static readonly of = (message: number, { detail, image, reason }: ImageRefused) =>
    new DocumentRefused({ reason, message, image, detail: `messages.${message}: ${detail}` })
}
