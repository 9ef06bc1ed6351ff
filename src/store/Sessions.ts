import { Array, Context, Effect, Layer, type Option, Schema, Struct } from "effect"
import type { AgentId } from "../domain/Agent.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { Timestamp } from "../domain/Time.ts"
import * as Sql from "./Sql.ts"
import { setting, Statements } from "./Statements.ts"
import { type Commit, within } from "./WriteQueue.ts"

/**
 * Where a seat's model session stands. Valid for the same provider, model and prompt only. That of a provider which
 * remembers nothing is where the talk begins that it is told in every turn, and the mark of the room's lines in it.
 */
export const SessionRecord = Schema.Struct({
  provider: Schema.String,
  model: Schema.String,
  session_id: Schema.String,
  prompt_hash: Schema.String,
  /** The newest message that the session was given. */
  last_message_id: Schema.Int,
  /** The oldest message that it was given. */
  first_message_id: Schema.Int,
  /** The newest of the agent's own notes that its prompt holds; the later ones it knows, or is told. */
  last_note: Schema.NullOr(Schema.String),
  /** What its last turn used; about what the next one takes before anything new. */
  tokens: Schema.Int
})
export type SessionRecord = typeof SessionRecord.Type

/** The model sessions of seats: a cache of what the room's log says, given up whenever the two may differ. */
export class Sessions extends Context.Tag("parley/store/Sessions")<
  Sessions,
  {
    /** One that cannot be read counts as none. */
    readonly find: (room: RoomId, agent: AgentId) => Effect.Effect<Option.Option<SessionRecord>>
    /** Does nothing for an agent that has left the room. */
    readonly keep: (
      room: RoomId,
      agent: AgentId,
      session: SessionRecord,
      at: Timestamp
    ) => Effect.Effect<void, never, Commit>
    /** The next turn of the seat begins anew from the log; no agent means every seat of the room. */
    readonly drop: (room: RoomId, agent: AgentId | null) => Effect.Effect<void, never, Commit>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

type Place = { readonly room_id: RoomId; readonly agent_id: AgentId }

const asSession = Sql.readable(SessionRecord, "sessions")

const make = Effect.gen(function* () {
  const { prepare } = yield* Statements
  const columns = Struct.keys(SessionRecord.fields)
  const isSeat = "room_id = @room_id AND agent_id = @agent_id"
  const select = prepare<Place>(`SELECT * FROM sessions WHERE ${isSeat}`)
  const upsert = prepare<Place & SessionRecord & { updated_at: Timestamp }>(`
    INSERT INTO sessions (room_id, agent_id, ${columns.join(", ")}, updated_at)
    SELECT room_id, agent_id, ${columns.map((name) => `@${name}`).join(", ")}, @updated_at
    FROM room_agents WHERE ${isSeat}
    ON CONFLICT (room_id, agent_id) DO UPDATE SET ${setting([...columns, "updated_at"])}`)
  const remove = prepare<Place>(`DELETE FROM sessions WHERE ${isSeat}`)
  const removeAll = prepare<Pick<Place, "room_id">>("DELETE FROM sessions WHERE room_id = @room_id")

  return Sessions.of({
    find: (room_id, agent_id) => Effect.map(asSession(select({ room_id, agent_id })), Array.head),

    keep: (room_id, agent_id, session, updated_at) =>
      within(Effect.asVoid(upsert({ room_id, agent_id, ...session, updated_at }))),

    drop: (room_id, agent_id) =>
      within(Effect.asVoid(agent_id === null ? removeAll({ room_id }) : remove({ room_id, agent_id })))
  })
})
