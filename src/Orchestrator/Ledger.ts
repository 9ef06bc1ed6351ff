import { SqlClient, type SqlError } from "@effect/sql"
import { Context, Effect, Layer, type Option, Schema } from "effect"
import { AgentId } from "../domain/Agent.ts"
import type { Usage } from "../domain/Provider.ts"
import { Outcome, RoundId, type StopReason, Tape, Trigger, TurnId } from "../domain/Round.ts"
import { RoomId } from "../domain/RoomId.ts"
import { Timestamp } from "../domain/Time.ts"
import * as Json from "../lib/json.ts"
import * as Sql from "../lib/sql.ts"
import { Commit } from "../WriteQueue.ts"

/** Where a seat's model session stands. Valid for the same provider, model and prompt only. */
export const SessionRecord = Schema.Struct({
  provider: Schema.String,
  model: Schema.String,
  session_id: Schema.String,
  prompt_hash: Schema.String,
  /** The newest message that the session was given. */
  last_message_id: Schema.Int
})
export type SessionRecord = typeof SessionRecord.Type

export interface NewTurn {
  readonly round_id: RoundId
  readonly room_id: RoomId
  readonly agent_id: AgentId
  readonly agent_name: string
  readonly cell: number
  readonly reason: string
  readonly provider: string
  readonly model: string
  readonly trace_id: string | null
  /** Trace of the request that the turn answers. */
  readonly cause_trace_id: string | null
  readonly started_at: Timestamp
}

export interface TurnEnd {
  readonly outcome: Outcome
  readonly ended_at: Timestamp
  readonly error: { readonly _tag: string } | null
  readonly message_id: number | null
  readonly usage: Usage | null
  readonly first_token_ms: number | null
  readonly duration_ms: number | null
}

const OpenTurn = Schema.Struct({ id: TurnId, room_id: RoomId, agent_id: AgentId, agent_name: Schema.String })
const OpenRound = Schema.Struct({ id: RoundId, room_id: RoomId })

/** The account of rounds, turns and sessions: what was planned, who spoke, what it cost and why it ended. */
export class Ledger extends Context.Tag("parley/Orchestrator/Ledger")<
  Ledger,
  {
    readonly openRound: (
      room: RoomId,
      trigger: Trigger,
      seed: number,
      at: Timestamp
    ) => Effect.Effect<RoundId, never, Commit>
    readonly plan: (round: RoundId, tape: Tape) => Effect.Effect<void, never, Commit>
    readonly closeRound: (round: RoundId, reason: StopReason, at: Timestamp) => Effect.Effect<void, never, Commit>
    readonly openTurn: (turn: NewTurn) => Effect.Effect<TurnId, never, Commit>
    readonly closeTurn: (turn: TurnId, end: TurnEnd) => Effect.Effect<void, never, Commit>
    /** Turns and rounds that nobody plays: what a crash has left. */
    readonly unfinished: Effect.Effect<{
      readonly turns: ReadonlyArray<typeof OpenTurn.Type>
      readonly rounds: ReadonlyArray<typeof OpenRound.Type>
    }>
    readonly session: (room: RoomId, agent: AgentId) => Effect.Effect<Option.Option<SessionRecord>>
    readonly keepSession: (
      room: RoomId,
      agent: AgentId,
      session: SessionRecord,
      at: Timestamp
    ) => Effect.Effect<void, never, Commit>
    /** The next turn of the seat begins anew from the log; no agent means every seat of the room. */
    readonly dropSessions: (room: RoomId, agent: AgentId | null) => Effect.Effect<void, never, Commit>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const encodeTape = Schema.encodeSync(Schema.parseJson(Tape))
const encodeTrigger = Schema.encodeSync(Schema.parseJson(Trigger))

const asRoundId = Sql.one(Schema.Struct({ id: RoundId }))
const asTurnId = Sql.one(Schema.Struct({ id: TurnId }))
const asSession = Sql.first(SessionRecord)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const write = (statement: Effect.Effect<unknown, SqlError.SqlError>) =>
    Effect.zipRight(Commit, Effect.asVoid(Effect.orDie(statement)))

  return Ledger.of({
    openRound: (room_id, trigger, seed, started_at) => {
      const row = { room_id, trigger: encodeTrigger(trigger), policy: "reference", seed, tape: "[]", started_at }
      return Effect.zipRight(
        Commit,
        Effect.map(asRoundId(sql`INSERT INTO rounds ${sql.insert(row)} RETURNING id`), ({ id }) => id)
      )
    },

    plan: (round, tape) => write(sql`UPDATE rounds SET tape = ${encodeTape(tape)} WHERE id = ${round}`),

    closeRound: (round, stop_reason, ended_at) =>
      write(sql`UPDATE rounds SET ${sql.update({ stop_reason, ended_at })} WHERE id = ${round}`),

    openTurn: (turn) =>
      Effect.zipRight(
        Commit,
        Effect.map(asTurnId(sql`INSERT INTO turns ${sql.insert({ ...turn })} RETURNING id`), ({ id }) => id)
      ),

    closeTurn: (turn, { error, usage, ...end }) =>
      write(
        sql`UPDATE turns SET ${sql.update({
          ...end,
          error: error === null ? null : Json.stringify(error),
          input_tokens: usage?.inputTokens ?? null,
          output_tokens: usage?.outputTokens ?? null,
          cache_read_tokens: usage?.cacheReadTokens ?? null,
          cache_write_tokens: usage?.cacheWriteTokens ?? null,
          cost_usd: usage?.costUsd ?? null
        })} WHERE id = ${turn} AND outcome IS NULL`
      ),

    unfinished: Effect.all({
      turns: Sql.all(OpenTurn)(sql`SELECT id, room_id, agent_id, agent_name FROM turns WHERE outcome IS NULL`),
      rounds: Sql.all(OpenRound)(sql`SELECT id, room_id FROM rounds WHERE ended_at IS NULL`)
    }),

    session: (room, agent) => asSession(sql`SELECT * FROM sessions WHERE room_id = ${room} AND agent_id = ${agent}`),

    keepSession: (room_id, agent_id, session, updated_at) =>
      write(sql`
        INSERT INTO sessions ${sql.insert({ room_id, agent_id, ...session, updated_at })}
        ON CONFLICT (room_id, agent_id) DO UPDATE SET ${sql.update({ ...session, updated_at })}`),

    dropSessions: (room, agent) =>
      write(
        sql`DELETE FROM sessions WHERE room_id = ${room} ${agent === null ? sql.literal("") : sql`AND agent_id = ${agent}`}`
      )
  })
})
