import { Effect, Option, Schema } from "effect"
import { RoomId } from "../../src/domain/RoomId.ts"
import { LiveTurns } from "../../src/engine/LiveTurns.ts"
import { RoomEvents } from "../../src/store/RoomEvents.ts"
import { Topic } from "../../src/store/Topic.ts"
import { Rooms } from "../../src/features/Rooms.ts"
import type { Book } from "./Committed.ts"

const Body = Schema.parseJson(
  Schema.Struct({
    turn_id: Schema.optional(Schema.Int),
    response_text: Schema.optional(Schema.NullOr(Schema.String)),
    delta: Schema.optional(Schema.String),
    offset: Schema.optional(Schema.Int),
    outcome: Schema.optional(Schema.String),
    after: Schema.optional(Schema.Int)
  })
)
type Body = typeof Body.Type

const decode = Schema.decodeUnknownSync(Body)
const words = new TextDecoder()

const parse = (frame: string) => {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(frame)?.[1]
  const id = field("id")
  return { id: id === undefined ? null : Number(id), type: field("event"), data: field("data") }
}

/** Reads one room's stream as a client does, and checks each thing that it is told. */
export const make = ({ chronicle, journal, ledger }: Book, room: number, after: number | null) => {
  /** The last event that it has; null before it has any. */
  let position = after
  /** What was committed when it came. */
  let start: number | null = null
  let state: "catching up" | "live" | "over" = "catching up"
  const drafts = new Map<number, string>()
  const broken = (message: string) => chronicle.breaks(7, `a reader of room ${room} ${message}`)

  const durable = (id: number, type: string, body: Body) => {
    // What was told of a room may have gone with it in the same commit.
    if (id > journal.newestEvent() && journal.room(room) !== undefined)
      broken(`was told event ${id}, which is not durable`)
    if (position !== null && id <= position) broken(`was told event ${id} after ${position}`)
    const from = position ?? start ?? 0
    for (const event of journal.events.values())
      if (event.room_id === room && event.id > from && event.id < id)
        broken(`was told event ${id}, and never ${event.id}`)
    position = id
    if (type !== "stream_end" || body.turn_id === undefined) return
    const draft = drafts.get(body.turn_id)
    drafts.delete(body.turn_id)
    if (draft === undefined || draft === "") return
    if (body.outcome === "skipped") chronicle.breaks(10, `turn ${body.turn_id} was skipped, and heard before: ${draft}`)
    if (body.outcome !== "discarded" && draft.trim() !== body.response_text)
      broken(`heard "${draft}" from turn ${body.turn_id}, which ended as "${body.response_text}"`)
  }

  const passing = (type: string, { after, delta = "", offset, response_text, turn_id = 0 }: Body) => {
    if (type === "reset") {
      if (position === null || position <= journal.newestEvent()) broken(`was reset at ${position}, which is known`)
      position = after ?? null
    }
    if (type === "stream_start") {
      if (journal.turns.get(turn_id)?.outcome !== null) broken(`was shown turn ${turn_id}, which is not under way`)
      drafts.set(turn_id, response_text ?? "")
    }
    if (type !== "content_delta") return
    const draft = drafts.get(turn_id)
    if (draft === undefined) broken(`heard turn ${turn_id} and was never shown its start`)
    else if (draft.length !== offset) broken(`heard turn ${turn_id} from ${offset} on, and had ${draft.length} of it`)
    drafts.set(turn_id, `${draft ?? ""}${delta}`)
  }

  const write = (frames: Uint8Array) => {
    for (const frame of words.decode(frames).split(/(?<=\n\n)/)) hear(frame)
  }

  const hear = (frame: string) => {
    if (state === "over") return
    start ??= journal.newestEvent()
    const { data, id, type } = parse(frame)
    if (type === undefined || data === undefined) return
    if (id === null) passing(type, decode(data))
    else durable(id, type, type === "stream_end" ? decode(data) : {})
  }

  const follow = Effect.gen(function* () {
    const events = yield* RoomEvents
    const live = yield* LiveTurns
    const id = RoomId.make(room)
    yield* Effect.flatMap(Rooms, (rooms) => rooms.access(id))
    const topic = Topic.Room({ id })
    const sink = { write, drained: Effect.void, end: () => void (state = "over") }
    yield* events.follow({ topic, after: Option.fromNullable(after), sink, greeting: () => live.greeting(topic) })
    if (state !== "over") state = "live"
    return yield* Effect.never
  }).pipe(Effect.scoped)

  return {
    room,
    follow,
    position: () => position,
    /** Hears no more: it went away, or its server did. */
    leave: () => void (state = "over"),
    isOver: () => state === "over",
    /** In a moment of rest it has been told all there is. */
    rest: () => {
      if (state !== "live") return
      if (journal.room(room) === undefined) {
        // Whoever removes a room first waits until nobody speaks there.
        return ledger.mayBe(room, "remove") ? undefined : broken("was not told that the room is gone")
      }
      const from = position ?? start ?? 0
      for (const event of journal.events.values())
        if (event.room_id === room && event.id > from) return broken(`was never told event ${event.id}`)
      for (const id of drafts.keys()) if (!journal.open.turns.has(id)) broken(`was never told that turn ${id} ended`)
    }
  }
}

export type Reader = ReturnType<typeof make>
