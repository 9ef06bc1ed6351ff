import { Effect } from "effect"
import type { Notice } from "../../domain/Event.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import * as Json from "../../lib/json.ts"
import * as Sharing from "../../lib/sharing.ts"
import * as Sse from "../../lib/sse.ts"
import { Unreadable, unreadable } from "../../lib/unreadable.ts"
import { WriteQueue } from "../WriteQueue.ts"
import type * as Log from "./Log.ts"
import { keyOf, type Topic } from "../Topic.ts"

/** Frames in one piece of bytes, and how many they are. */
interface Frames {
  readonly bytes: Uint8Array
  readonly count: number
}

/** Part of a page, without the events of the rooms that are gone by then. */
type Piece = (gone: ReadonlySet<RoomId>) => Frames

export interface Page {
  readonly last: number
  /** Whether there may be more after it. */
  readonly isFull: boolean
  readonly pieces: ReadonlyArray<Piece>
}

/** Where a log ends, and the last of it that is forgotten. */
interface Ends {
  readonly newest: number
  readonly prunedTo: number
}

const pageSize = 200
const roomsAtOnce = 1000
const pieceBytes = 65_536
const bounds = { most: 32, keep: "1 second" } as const

// The body is written once and is never without its type.
export const logFrame = ({ body, id, room_id, type }: Log.Logged) =>
  Sse.frame({ id, type, body: `{"room_id":${room_id},${body.slice(1)}` })

export const noticeFrame = (notice: Notice) => Sse.frame({ type: notice.type, body: Json.stringify(notice) })

/** What an event said that cannot be read is found where it happened. */
const frameOf = ({ body, ...event }: Log.Found) =>
  body === null ? noticeFrame({ type: "reset", after: event.id }) : logFrame({ ...event, body })

const joined = (frames: ReadonlyArray<Uint8Array>): Frames => ({ bytes: Buffer.concat(frames), count: frames.length })

const pieceOf =
  (events: ReadonlyArray<Log.Found>, all: Frames): Piece =>
  (gone) =>
    gone.size === 0 ? all : joined(events.filter(({ room_id }) => !gone.has(room_id)).map(frameOf))

/** Few writes for many events, yet none much larger than a reader takes at a time. */
const piecesOf = (events: ReadonlyArray<Log.Found>) => {
  const pieces: Array<Piece> = []
  let from = 0
  let frames: Array<Uint8Array> = []
  let size = 0
  const close = (to: number) => {
    if (frames.length > 0) pieces.push(pieceOf(events.slice(from, to), joined(frames)))
    from = to
    frames = []
    size = 0
  }
  for (const [at, event] of events.entries()) {
    const frame = frameOf(event)
    if (size + frame.length > pieceBytes) close(at)
    frames.push(frame)
    size += frame.length
  }
  close(events.length)
  return pieces
}

const doubted = ({ body, id }: Log.Found) =>
  body === null ? unreadable(new Unreadable({ table: "events", id, places: ["body"] })) : Effect.void

/**
 * The log as readers who come get it: page by page, each read and encoded once for all who ask for it until something
 * is written. Whatever was committed before they ask is in it.
 */
export const make = Effect.fnUntraced(function* (log: Log.Log) {
  const { version } = yield* WriteQueue
  const sharedEvents = yield* Sharing.make<Page>({ version, ...bounds })
  const sharedRooms = yield* Sharing.make<Page>({ version, ...bounds })
  const sharedEnds = yield* Sharing.make<Ends>({ version, ...bounds })

  const eventsAfter = Effect.fnUntraced(function* (topic: Topic, after: number) {
    const events = yield* log.later(topic, after, pageSize)
    yield* Effect.forEach(events, doubted, { discard: true })
    return { last: events.at(-1)?.id ?? after, isFull: events.length === pageSize, pieces: piecesOf(events) }
  })

  const roomsAfter = (topic: Topic, after: number) =>
    Effect.map(log.rooms(topic, after, roomsAtOnce), (rooms) => {
      const more = rooms.length === roomsAtOnce
      const frames = (ids: ReadonlyArray<RoomId>) => joined([noticeFrame({ type: "rooms", ids, more })])
      const all = frames(rooms)
      const piece: Piece = (gone) => (gone.size === 0 ? all : frames(rooms.filter((id) => !gone.has(id))))
      return { last: rooms.at(-1) ?? after, isFull: more, pieces: [piece] }
    })

  return {
    events: (topic: Topic, after: number) => sharedEvents(`${after} ${keyOf(topic)}`, eventsAfter(topic, after)),
    rooms: (topic: Topic, after: number) => sharedRooms(`${after} ${keyOf(topic)}`, roomsAfter(topic, after)),
    ends: (topic: Topic) => sharedEnds(keyOf(topic), Effect.all({ newest: log.newest, prunedTo: log.prunedTo(topic) }))
  }
})
