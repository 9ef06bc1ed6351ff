import { HttpApiSchema } from "@effect/platform"
import { DateTime, Either, Option, ParseResult, Schema } from "effect"
import { ErrorBody } from "./Error.ts"
import { Fault, type ImageRefused, ImageType, mostImages } from "./Image.ts"
import { Finish } from "./Finish.ts"
import { Line } from "./Line.ts"
import { ModelChoice, noChoice } from "./ModelChoice.ts"
import { longestName, longestSaid, ParticipantType } from "./Message.ts"
import { RoomName } from "./Room.ts"
import { RoomId } from "./RoomId.ts"
import { AskedSettings, RoomSettings } from "./RoomSettings.ts"
import { Timestamp } from "./Time.ts"

// A room outside the database: all that is needed to have it again elsewhere. What is taken has the bounds of what may
// be said and set here; what is written is as it is stored, also from before there was a bound.

const iso =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
const isTimestamp = Schema.is(Timestamp)

/** Milliseconds, in UTC; none for a day that no month has. */
const moment = (text: string) => {
  const [, day = ""] = iso.exec(text) ?? []
  const isDay = Option.exists(DateTime.make(day), (it) => DateTime.formatIsoDateUtc(it) === day)
  return DateTime.make(isDay ? text : "").pipe(
    Option.map(DateTime.formatIso),
    Option.filter(isTimestamp),
    Option.filter((it) => it >= "1970")
  )
}

/** Any time of ISO 8601 that says its zone. */
const Moment = Schema.transformOrFail(Schema.String, Timestamp, {
  strict: true,
  decode: (text, _, ast) =>
    Either.fromOption(
      moment(text),
      () => new ParseResult.Type(ast, text, "Expected a time with its zone, since 1970, as 2026-01-31T09:30:00Z")
    ),
  encode: Either.right
}).annotations({
  jsonSchema: { type: "string", format: "date-time", description: "A time since 1970 that says its zone" }
})

const Name = Line.pipe(Schema.maxLength(200))
const Id = Schema.Int.pipe(Schema.positive())

export const DocumentSeat = Schema.Struct({
  name: Name,
  /** What the agent is called in place of it; null where that is what it is called. */
  display_name: Schema.optionalWith(Schema.NullOr(Name), { exact: true, default: () => null }),
  group: Schema.NullOr(Name),
  joined_at: Moment,
  /** The message after which the agent joined; it knows nothing from before. 0 when it was there from the first. */
  joined_after: Schema.NonNegativeInt,
  choice: Schema.optionalWith(ModelChoice, { exact: true, default: () => noChoice })
})
export type DocumentSeat = typeof DocumentSeat.Type

export const WrittenSeat = Schema.Struct({
  ...DocumentSeat.fields,
  name: Schema.String,
  display_name: Schema.NullOr(Schema.String),
  group: Schema.NullOr(Schema.String),
  joined_at: Timestamp,
  choice: ModelChoice
})

/** What a model may have said, or thought, at one time. */
const longestReply = 1_000_000
const Reply = Schema.String.pipe(
  Schema.filter((text) => text.length <= longestReply || `Expected at most ${longestReply} characters`)
)

const MessageShape = Schema.Struct({
  /** Orders the messages of the document; an import gives new ones. */
  id: Id,
  role: Schema.Literal("user", "assistant"),
  agent_name: Schema.NullOr(Name),
  /** What the agent was called in place of it when it said this. */
  agent_display_name: Schema.optionalWith(Schema.NullOr(Name), { default: () => null }),
  participant_type: Schema.NullOr(ParticipantType),
  participant_name: Schema.NullOr(Line.pipe(Schema.maxLength(longestName))),
  content: Reply,
  thinking: Schema.NullOr(Reply),
  provider: Schema.NullOr(Name),
  /** Cut off by an interruption. */
  partial: Schema.Boolean,
  /** How an agent's words ended; documents from before this was known go without. */
  finish: Schema.optionalWith(Schema.NullOr(Finish), { default: () => null }),
  timestamp: Moment,
  images: Schema.Array(Schema.Struct({ media_type: ImageType, data: Schema.String })).pipe(Schema.maxItems(mostImages))
})

/** What the fields of a message must be to each other. */
const unfit = ({ content, images, participant_type: type, role }: typeof MessageShape.Type) => {
  const isPersons = type !== "system" && type !== "agent"
  if (role === "assistant") {
    const isAgents = type === null || !isPersons
    return isAgents ? undefined : { path: ["participant_type"], message: "Expected none of a person" }
  }
  if (!isPersons) return { path: ["participant_type"], message: "Expected one of a person" }
  if (content.length > longestSaid) return { path: ["content"], message: `Expected at most ${longestSaid} characters` }
  return content === "" && images.length === 0
    ? { path: ["content"], message: "Expected a text or an image" }
    : undefined
}

export const DocumentMessage = MessageShape.pipe(Schema.filter(unfit))
export type DocumentMessage = typeof DocumentMessage.Type

/** A message as it is stored. */
export const WrittenMessage = Schema.Struct({
  ...MessageShape.fields,
  agent_name: Schema.NullOr(Schema.String),
  agent_display_name: Schema.NullOr(Schema.String),
  participant_name: Schema.NullOr(Schema.String),
  content: Schema.String,
  thinking: Schema.NullOr(Schema.String),
  provider: Schema.NullOr(Schema.String),
  finish: Schema.NullOr(Finish),
  timestamp: Timestamp,
  /** How many of its images are not here because they could not be read; without a word where all are. */
  missing_images: Schema.optionalWith(Schema.Int, { exact: true })
})

/** The first message that has not a higher id than the one before it. */
export const outOfOrder = (messages: ReadonlyArray<DocumentMessage>) => {
  const at = messages.findIndex(({ id }, i) => id <= (messages[i - 1]?.id ?? 0))
  return at === -1
    ? undefined
    : { path: [at, "id"] as const, message: "Expected a higher id than that of the message before" }
}

const seatedTwice = (agents: ReadonlyArray<DocumentSeat>) => {
  const names = agents.map(({ name }) => name)
  const at = names.findIndex((name, i) => names.indexOf(name) < i)
  return at === -1 ? undefined : { path: [at, "name"], message: "Expected each agent once" }
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
  Schema.partial(AskedSettings)
)
export type DocumentRoom = typeof DocumentRoom.Type

const WrittenRoom = Schema.Struct({
  name: Schema.String,
  is_paused: Schema.Boolean,
  default_provider: Schema.String,
  default_model: Schema.NullOr(Schema.String),
  created_at: Timestamp,
  last_activity_at: Schema.NullOr(Timestamp),
  ...RoomSettings.fields
})

export const RoomDocument = Schema.Struct({
  format: Schema.Literal("parley.room"),
  version: Schema.Literal(1),
  exported_at: Moment,
  room: DocumentRoom,
  agents: Schema.Array(DocumentSeat).pipe(Schema.maxItems(1000), Schema.filter(seatedTwice)),
  messages: Schema.Array(DocumentMessage).pipe(Schema.filter(outOfOrder))
}).annotations({ identifier: "RoomDocument" })
export type RoomDocument = typeof RoomDocument.Type

/** A document as it is written. */
export const WrittenDocument = Schema.Struct({
  ...RoomDocument.fields,
  exported_at: Timestamp,
  room: WrittenRoom,
  agents: Schema.Array(WrittenSeat),
  messages: Schema.Array(WrittenMessage)
}).annotations({ identifier: "WrittenDocument" })
export type WrittenDocument = typeof WrittenDocument.Type

/** What became of a document. */
export const Imported = Schema.Struct({
  room_id: RoomId,
  /** The document's, or `name (2)` where that is taken. */
  name: RoomName,
  /** The document's, or this server's own where that one is not configured. */
  default_provider: Schema.String,
  /** The document's, where that one is not configured; else null. */
  unknown_provider: Schema.NullOr(Schema.String),
  message_count: Schema.Int,
  image_count: Schema.Int,
  /** Agents of the document that this server does not have: what they said is kept under their names. */
  missing_agents: Schema.Array(Schema.String),
  /** How many times of the document have not come yet: each became that of the import. */
  future_times: Schema.Int
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
