import { Arbitrary, Effect, FastCheck, Schema, Struct } from "effect"
import type { Client, Wire } from "../../src/client/client.ts"
import { DocumentMessage, DocumentSeat, RoomDocument, WrittenMessage } from "../../src/domain/RoomDocument.ts"
import * as Time from "../../src/domain/Time.ts"
import type { as } from "./Client.ts"
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

/** An agent that was there from the first. */
export const seatOf = (name: string, more: Partial<DocumentSeat> = {}) =>
  DocumentSeat.make({ name, group: null, joined_at: time, joined_after: 0, ...more })

export const messageOf = (id: number, more: Partial<Wire<DocumentMessage>> = {}): Wire<DocumentMessage> => ({
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
  FastCheck.constantFrom(...Struct.entries(images).map(([media_type, data]) => ({ media_type, data }))),
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

/** The room as its export has it. */
export const exported = <E>(ask: <A>(call: (parley: Client) => Promise<A>) => Effect.Effect<A, E>, room_id: number) =>
  Effect.flatMap(
    ask(({ documents }) => documents.export({ path: { room_id } })),
    (found) => (found instanceof Response ? Effect.dieMessage("A transcript") : Effect.succeed(found))
  )

/** The Markdown of a room's export. */
export const transcript = (send: Effect.Effect.Success<ReturnType<typeof as>>["send"], id: number, query = "") =>
  Effect.scoped(Effect.flatMap(send("GET", `/rooms/${id}/export?format=markdown${query}`), ({ text }) => text))
