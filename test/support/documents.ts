import { Arbitrary, FastCheck, Schema } from "effect"
import { DocumentMessage, RoomDocument, WrittenMessage } from "../../src/domain/RoomDocument.ts"
import * as Time from "../../src/domain/Time.ts"
import { images } from "./images.ts"

const time = Time.Timestamp.make("2026-01-02T03:04:05.678Z")

/** A room in which nobody has sat. */
export const emptyDocument = RoomDocument.make({
  format: "parley.room",
  version: 1,
  exported_at: time,
  room: {
    name: "from elsewhere",
    is_paused: false,
    default_provider: "puppet",
    default_model: null,
    created_at: time,
    last_activity_at: null
  },
  agents: [],
  messages: []
})

export const messageOf = (id: number, more: Partial<DocumentMessage> = {}): DocumentMessage => ({
  id,
  role: "user",
  agent_name: null,
  agent_display_name: null,
  participant_type: "user",
  participant_name: null,
  content: `message ${id}`,
  thinking: null,
  provider: null,
  partial: false,
  finish: null,
  timestamp: time,
  images: [],
  ...more
})

const pictures = FastCheck.array(
  FastCheck.constantFrom(...Object.entries(images).map(([media_type, data]) => ({ media_type, data }))),
  { maxLength: 2 }
)
const times = FastCheck.integer({ min: 0, max: 1.7e12 }).map(Time.at)
const isFit = Schema.is(DocumentMessage)
const said = FastCheck.record({
  message: Arbitrary.make(WrittenMessage.omit("id", "timestamp", "images", "missing_images")),
  timestamp: times,
  images: pictures,
  gap: FastCheck.integer({ min: 1, max: 9 })
}).filter(({ images, message, timestamp }) => isFit({ ...message, images, timestamp, id: 1 }))

/** Messages of every kind, in their order. */
export const messages = FastCheck.array(said, { maxLength: 12 }).map((list) => {
  let id = 0
  return list.map(({ gap, message, ...rest }) => ({ ...message, ...rest, id: (id += gap) }))
})

export const rooms = FastCheck.record({
  room: Arbitrary.make(RoomDocument.fields.room.pipe(Schema.omit("created_at", "last_activity_at"))),
  created_at: times,
  last_activity_at: FastCheck.option(times)
}).map(({ room, ...rest }) => ({ ...room, ...rest }))
