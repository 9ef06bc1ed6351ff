import { SqlClient, type SqlError } from "@effect/sql"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { AgentId } from "../domain/Agent.ts"
import { RoomId } from "../domain/RoomId.ts"
import { Reason, RoundId, StopReason, TurnId } from "../domain/Round.ts"
import type { Timestamp } from "../domain/Time.ts"
import * as Sql from "./Sql.ts"
import { type Commit, within } from "./WriteQueue.ts"

const OpenTurn = Schema.Struct({
  id: TurnId,
  room_id: RoomId,
  agent_id: AgentId,
  agent_name: Schema.String,
  agent_display_name: Schema.NullOr(Schema.String),
  reason: Reason
})

/** A round that was open when its server ended. */
const OpenRound = Schema.Struct({
  id: RoundId,
  room_id: RoomId,
  kind: Schema.String,
  tries: Schema.NonNegativeInt,
  /** Why it does not go on; null where it does. */
  stop_reason: Schema.NullOr(StopReason)
})
export type OpenRound = typeof OpenRound.Type

const Place = Schema.decodeUnknownOption(OpenRound.pick("id", "room_id"))

/** What is stored of it cannot be read: it does not go on, and is known by its id alone. */
const unread = (row: unknown) =>
  Option.map(Place(row), (place): OpenRound => ({ ...place, kind: "message", tries: 0, stop_reason: "set_aside" }))

/**
 * What a dead server has left, a bounded number of rows at a time. Nothing here reads what a room holds, or a column
 * that may be broken: whatever is stored, it can be closed.
 */
export class RecoveryRepo extends Context.Tag("parley/store/RecoveryRepo")<
  RecoveryRepo,
  {
    /**
     * Interrupts turns that nobody plays. They count with what was set aside for them; their seats begin anew from the
     * log. Gives how many there were, and those of which can be told.
     */
    readonly cutOff: (
      limit: number,
      at: Timestamp
    ) => Effect.Effect<{ readonly count: number; readonly turns: ReadonlyArray<typeof OpenTurn.Type> }, never, Commit>
    /** Open rounds, room by room, after one. */
    readonly open: (
      after: Pick<OpenRound, "id" | "room_id"> | null,
      limit: number
    ) => Effect.Effect<ReadonlyArray<OpenRound>>
    /** The agents of the room begin no round by themselves before a person has spoken. */
    readonly hush: (room: RoomId) => Effect.Effect<void, never, Commit>
    /** About how many bytes the agents of the round's room are told together, from its newest `window` messages. */
    readonly costs: (rounds: ReadonlyArray<RoundId>, window: number) => Effect.Effect<ReadonlyMap<RoundId, number>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const asIds = Sql.all(Schema.Struct({ id: Schema.Int }))
const asTurns = Sql.readable(OpenTurn, "turns")
const asRounds = Sql.readable(OpenRound, "rounds", unread)
const asCosts = Sql.readable(Schema.Struct({ id: RoundId, cost: Schema.Number }), "messages")

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const write = (statement: Effect.Effect<unknown, SqlError.SqlError>) => within(Effect.asVoid(Effect.orDie(statement)))

  // Ids grow: of several rounds that a room has open the last is the newest.
  const reason = sql`
    CASE
      WHEN EXISTS (
        SELECT 1 FROM rounds AS later
        WHERE later.room_id = rounds.room_id AND later.ended_at IS NULL AND later.id > rounds.id) THEN 'interrupted'
      WHEN (SELECT is_paused FROM rooms WHERE rooms.id = rounds.room_id) = 1 THEN 'paused'
      WHEN tries > 1 THEN 'set_aside'
      WHEN kind = 'autonomous' THEN 'interrupted'
    END`

  return RecoveryRepo.of({
    cutOff: Effect.fnUntraced(function* (limit, at) {
      const ids = (yield* asIds(sql`SELECT id FROM turns WHERE outcome IS NULL ORDER BY room_id LIMIT ${limit}`)).map(
        ({ id }) => id
      )
      if (ids.length === 0) return { count: 0, turns: [] }
      const these = sql.in("id", ids)
      const turns = yield* asTurns(
        sql`SELECT id, room_id, agent_id, agent_name, agent_display_name, reason FROM turns WHERE ${these}`
      )
      yield* write(sql`
        UPDATE rooms SET
          spent_tokens = spent_tokens + (
            SELECT coalesce(sum(${sql.literal(Sql.counts("reserved_tokens"))}), 0)
            FROM turns WHERE room_id = rooms.id AND ${these}),
          spent_usd = spent_usd + (
            SELECT coalesce(sum(${sql.literal(Sql.prices("reserved_usd"))}), 0)
            FROM turns WHERE room_id = rooms.id AND ${these})
        WHERE id IN (SELECT room_id FROM turns WHERE ${these})`)
      yield* write(sql`
        DELETE FROM sessions
        WHERE (room_id, agent_id) IN (SELECT room_id, agent_id FROM turns WHERE ${these})`)
      yield* write(sql`
        UPDATE turns SET outcome = 'interrupted', ended_at = ${at}, counted_tokens = reserved_tokens,
          counted_usd = reserved_usd
        WHERE ${these}`)
      return { count: ids.length, turns }
    }),

    open: (after, limit) =>
      asRounds(sql`
        SELECT id, room_id, kind, tries, ${reason} AS stop_reason FROM rounds
        WHERE ended_at IS NULL AND (room_id, id) > (${after?.room_id ?? 0}, ${after?.id ?? 0})
        ORDER BY room_id, id LIMIT ${limit}`),

    hush: (room) => write(sql`UPDATE rooms SET quiet_rounds = autonomous_max_rounds WHERE id = ${room}`),

    costs: (rounds, window) =>
      Effect.map(
        asCosts(sql`
          SELECT id, (SELECT count(*) FROM room_agents WHERE room_agents.room_id = rounds.room_id) * (
            SELECT coalesce(sum(size), 0) FROM (
              SELECT octet_length(content) AS size FROM messages WHERE messages.room_id = rounds.room_id
              ORDER BY id DESC LIMIT ${window}) AS newest) AS cost
          FROM rounds WHERE ${sql.in("id", rounds)}`),
        (rows) => new Map(rows.map(({ cost, id }) => [id, cost]))
      )
  })
})
