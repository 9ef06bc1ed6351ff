import { Schema } from "effect"
import { PassInput, Tape, Trigger } from "../../src/domain/Round.ts"
import type { Disk } from "./Disk.ts"

const Room = Schema.Struct({
  id: Schema.Int,
  is_paused: Schema.Int,
  max_interactions: Schema.NullOr(Schema.Int),
  max_messages: Schema.Int,
  budget_tokens: Schema.NullOr(Schema.Int),
  budget_usd: Schema.NullOr(Schema.Number),
  spent_tokens: Schema.Int,
  spent_usd: Schema.Number,
  autonomous: Schema.Int,
  loop_guard: Schema.NullOr(Schema.String),
  interactions: Schema.Int
})
const Seat = Schema.Struct({ room_id: Schema.Int, agent_id: Schema.Int, joined_after: Schema.Int })
const Round = Schema.Struct({
  id: Schema.Int,
  room_id: Schema.Int,
  trigger: Schema.parseJson(Trigger),
  policy: Schema.String,
  seed: Schema.Int,
  planned_from: Schema.parseJson(Schema.Array(PassInput)),
  tape: Schema.parseJson(Tape),
  stop_reason: Schema.NullOr(Schema.String)
})
const Turn = Schema.Struct({
  id: Schema.Int,
  round_id: Schema.Int,
  room_id: Schema.Int,
  agent_id: Schema.Int,
  cell: Schema.Int,
  attempt: Schema.Int,
  reason: Schema.String,
  reserved_tokens: Schema.Int,
  reserved_usd: Schema.Number,
  outcome: Schema.NullOr(Schema.String),
  message_id: Schema.NullOr(Schema.Int)
})
const Message = Schema.Struct({
  id: Schema.Int,
  room_id: Schema.Int,
  agent_id: Schema.NullOr(Schema.Int),
  participant_type: Schema.NullOr(Schema.String),
  content: Schema.String,
  partial: Schema.Int
})
const Event = Schema.Struct({
  id: Schema.Int,
  room_id: Schema.Int,
  type: Schema.String,
  turn_id: Schema.NullOr(Schema.Int),
  message_id: Schema.NullOr(Schema.Int)
})

export type Room = typeof Room.Type
export type Round = typeof Round.Type
export type Turn = typeof Turn.Type
export type Message = typeof Message.Type
export type Event = typeof Event.Type

const decode = {
  rooms: Schema.decodeUnknownSync(Schema.Array(Room)),
  seats: Schema.decodeUnknownSync(Schema.Array(Seat)),
  rounds: Schema.decodeUnknownSync(Schema.Array(Round)),
  turns: Schema.decodeUnknownSync(Schema.Array(Turn)),
  messages: Schema.decodeUnknownSync(Schema.Array(Message)),
  events: Schema.decodeUnknownSync(Schema.Array(Event)),
  ids: Schema.decodeUnknownSync(Schema.Array(Schema.Struct({ id: Schema.Int })))
}

const inOpenRooms = "room_id IN (SELECT id FROM rooms WHERE state = 'open')"

/** What one commit has changed. */
export interface Change {
  /** Rooms as they were before. */
  readonly before: ReadonlyMap<number, Room>
  readonly opened: ReadonlyArray<Turn>
  /** Turns whose outcome or message is another, as they were before and as they are. */
  readonly turned: ReadonlyArray<readonly [Turn, Turn]>
  readonly rounds: ReadonlyArray<readonly [Round | undefined, Round]>
  readonly said: ReadonlyArray<Message>
  readonly unsaid: ReadonlyArray<Message>
  readonly told: ReadonlyArray<Event>
  /** Everybody's seat as it was before. */
  readonly seated: ReadonlyMap<string, number>
}

/** All that was ever committed and not deleted, commit by commit: what the disk must hold in any moment. */
export const make = () => {
  let rooms: ReadonlyMap<number, Room> = new Map()
  let seats: ReadonlyMap<string, number> = new Map()
  const rounds = new Map<number, Round>()
  const turns = new Map<number, Turn>()
  const messages = new Map<number, Message>()
  const events = new Map<number, Event>()
  const open = { turns: new Set<number>(), rounds: new Set<number>() }
  const newest = { rounds: 0, turns: 0, messages: 0, events: 0 }

  const least = (ids: ReadonlySet<number>, newest: number) => Math.min(newest + 1, ...ids)

  const readRounds = (disk: Disk) =>
    decode
      .rounds(disk.rows(`SELECT * FROM rounds WHERE ${inOpenRooms} AND id >= ?`, least(open.rounds, newest.rounds)))
      .flatMap((row) => {
        const before = rounds.get(row.id)
        rounds.set(row.id, row)
        if (row.stop_reason === null) open.rounds.add(row.id)
        else open.rounds.delete(row.id)
        newest.rounds = Math.max(newest.rounds, row.id)
        const isSame = before?.stop_reason === row.stop_reason && before.planned_from.length === row.planned_from.length
        return isSame ? [] : [[before, row] as const]
      })

  const readTurns = (disk: Disk) => {
    const opened: Array<Turn> = []
    const turned: Array<readonly [Turn, Turn]> = []
    for (const row of decode.turns(
      disk.rows(`SELECT * FROM turns WHERE ${inOpenRooms} AND id >= ?`, least(open.turns, newest.turns))
    )) {
      const before = turns.get(row.id)
      turns.set(row.id, row)
      if (row.outcome === null) open.turns.add(row.id)
      else open.turns.delete(row.id)
      newest.turns = Math.max(newest.turns, row.id)
      if (before === undefined) opened.push(row)
      else if (before.outcome !== row.outcome || before.message_id !== row.message_id) turned.push([before, row])
    }
    return { opened, turned }
  }

  const readMessages = (disk: Disk) => {
    const said = decode.messages(disk.rows("SELECT * FROM kept_messages WHERE id > ? ORDER BY id", newest.messages))
    for (const row of said) messages.set(row.id, row)
    newest.messages = said.at(-1)?.id ?? newest.messages
    return said
  }

  const readEvents = (disk: Disk) => {
    const told = decode.events(
      disk.rows(
        `SELECT id, room_id, type, json_extract(body, '$.turn_id') AS turn_id,
          json_extract(body, '$.message.id') AS message_id FROM kept_events WHERE id > ? ORDER BY id`,
        newest.events
      )
    )
    for (const row of told) events.set(row.id, row)
    newest.events = told.at(-1)?.id ?? newest.events
    return told
  }

  /** Takes out what nobody sees any more. */
  const prune = <Row>(disk: Disk, table: string, known: Map<number, Row>) => {
    const left = new Set(decode.ids(disk.rows(`SELECT id FROM ${table} WHERE ${inOpenRooms}`)).map(({ id }) => id))
    return [...known].flatMap(([id, row]) => {
      if (left.has(id)) return []
      known.delete(id)
      return [row]
    })
  }

  const read = (disk: Disk, tables: ReadonlySet<string>): Change => {
    const before = rooms
    const seated = seats
    if (tables.has("rooms"))
      rooms = new Map(decode.rooms(disk.rows("SELECT * FROM rooms WHERE state = 'open'")).map((row) => [row.id, row]))
    const isGone = [...before.keys()].some((id) => !rooms.has(id))
    if (isGone || tables.has("room_agents")) {
      const rows = decode.seats(disk.rows(`SELECT * FROM room_agents WHERE ${inOpenRooms}`))
      seats = new Map(rows.map((row) => [`${row.room_id}/${row.agent_id}`, row.joined_after]))
    }
    const isRound = tables.has("rounds")
    const fresh = {
      rounds: isRound ? readRounds(disk) : [],
      ...(tables.has("turns") ? readTurns(disk) : { opened: [], turned: [] }),
      said: tables.has("messages") ? readMessages(disk) : [],
      told: tables.has("events") ? readEvents(disk) : []
    }
    const isCleared = fresh.told.some(({ type }) => type === "messages_cleared")
    const unsaid = isGone || isCleared ? prune(disk, "kept_messages", messages) : []
    if (isGone || isCleared) prune(disk, "kept_events", events)
    if (isGone) {
      prune(disk, "rounds", rounds)
      for (const { id } of prune(disk, "turns", turns)) open.turns.delete(id)
      for (const id of open.rounds) if (!rounds.has(id)) open.rounds.delete(id)
    }
    return { before, seated, ...fresh, unsaid }
  }

  return {
    read,
    room: (id: number) => rooms.get(id),
    rooms: () => rooms,
    /** After which message the agent joined, if it sits there. */
    joinedAfter: (room: number, agent: number) => seats.get(`${room}/${agent}`),
    seats: () => seats,
    rounds,
    turns,
    messages,
    events,
    open,
    newestEvent: () => newest.events,
    repliesIn: (room: number) =>
      [...messages.values()].filter((it) => it.room_id === room && it.agent_id !== null && it.partial === 0).length,
    openIn: (room: number) => [...open.turns].flatMap((id) => turns.get(id) ?? []).filter((it) => it.room_id === room)
  }
}

export type Journal = ReturnType<typeof make>
