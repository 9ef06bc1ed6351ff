import { SqlClient, type SqlError } from "@effect/sql"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { AgentId } from "../domain/Agent.ts"
import type { Usage } from "../domain/Provider.ts"
import { Outcome, PassInput, Reason, RoundId, StopReason, Tape, Trigger, TurnId, TurnPolicy } from "../domain/Round.ts"
import { RoomId } from "../domain/RoomId.ts"
import { Flag } from "../domain/Row.ts"
import type { Timestamp } from "../domain/Time.ts"
import * as Json from "../lib/json.ts"
import * as Sql from "../lib/sql.ts"
import { Commit } from "../WriteQueue.ts"
import type { Amount, Standing } from "./Limits.ts"

/** A round that has not ended, as far as it is planned. */
export const OpenRound = Schema.Struct({
  id: RoundId,
  room_id: RoomId,
  trigger: Schema.parseJson(Trigger),
  policy: TurnPolicy,
  seed: Schema.Int,
  planned_from: Schema.parseJson(Schema.Array(PassInput)),
  tape: Schema.parseJson(Tape)
})
export type OpenRound = typeof OpenRound.Type

/** A turn of such a round that has ended, with what is left of what was said. */
const PastTurn = Schema.Struct({
  cell: Schema.Int,
  agent_id: AgentId,
  attempt: Schema.Int,
  /** How many of the attempts up to this one reached the provider, as far as is known. */
  tries: Schema.Int,
  outcome: Outcome,
  said: Schema.NullOr(Schema.String)
})
export type PastTurn = typeof PastTurn.Type

const OpenTurn = Schema.Struct({
  id: TurnId,
  room_id: RoomId,
  agent_id: AgentId,
  agent_name: Schema.String,
  reason: Reason,
  reserved_tokens: Schema.Int,
  reserved_usd: Schema.Number
})
export type OpenTurn = typeof OpenTurn.Type

export interface NewTurn {
  readonly round_id: RoundId
  readonly room_id: RoomId
  readonly agent_id: AgentId
  readonly agent_name: string
  readonly cell: number
  /** 0 for the first turn in this place; one more after a crash cut that one off. */
  readonly attempt: number
  readonly reason: Reason
  readonly provider: string
  readonly model: string
  readonly trace_id: string | null
  /** Trace of the request that the turn answers. */
  readonly cause_trace_id: string | null
  readonly started_at: Timestamp
  readonly reserved_tokens: number
  readonly reserved_usd: number
}

export interface TurnEnd {
  readonly outcome: Outcome
  readonly ended_at: Timestamp
  readonly error: { readonly _tag: string } | null
  readonly message_id: number | null
  readonly usage: Usage | null
  readonly counted: Amount
  readonly first_token_ms: number | null
  readonly duration_ms: number | null
}

/** The account of rounds and turns: what was planned, who spoke, what it cost and why it ended. */
export class Ledger extends Context.Tag("parley/Orchestrator/Ledger")<
  Ledger,
  {
    readonly openRound: (round: Omit<OpenRound, "id">, at: Timestamp) => Effect.Effect<RoundId, never, Commit>
    readonly plan: (round: Pick<OpenRound, "id" | "planned_from" | "tape">) => Effect.Effect<void, never, Commit>
    /** False when it had ended before. */
    readonly closeRound: (
      round: RoundId,
      end: { readonly stop_reason: StopReason; readonly stop_detail: string | null; readonly ended_at: Timestamp }
    ) => Effect.Effect<boolean, never, Commit>
    /** The open rounds of a room, oldest first; or of all, room by room. */
    readonly open: (room: RoomId | null) => Effect.Effect<ReadonlyArray<OpenRound>>
    /** Those of a room in which no turn has begun. */
    readonly waiting: (room: RoomId) => Effect.Effect<ReadonlyArray<OpenRound>>
    readonly find: (round: RoundId) => Effect.Effect<Option.Option<OpenRound>>
    /** Why a round ended; none while it goes on. */
    readonly reasonOf: (round: RoundId) => Effect.Effect<Option.Option<StopReason>>
    readonly past: (round: RoundId) => Effect.Effect<ReadonlyArray<PastTurn>>
    readonly standing: (room: RoomId, round: RoundId) => Effect.Effect<Omit<Standing, "room">>
    readonly openTurn: (turn: NewTurn) => Effect.Effect<TurnId, never, Commit>
    readonly closeTurn: (turn: TurnId, end: TurnEnd) => Effect.Effect<void, never, Commit>
    /** Turns that nobody plays: what a crash has left. */
    readonly openTurns: Effect.Effect<ReadonlyArray<OpenTurn>>
    /** What the latest turns of the room have cost, as far as the providers told. */
    readonly recentUsd: (room: RoomId) => Effect.Effect<ReadonlyArray<number>>
    readonly lastSpeaker: (room: RoomId) => Effect.Effect<Option.Option<AgentId>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const encodeTape = Schema.encodeSync(Schema.parseJson(Tape))
const encodeTrigger = Schema.encodeSync(Schema.parseJson(Trigger))
const encodePasses = Schema.encodeSync(Schema.parseJson(Schema.Array(PassInput)))

const asRoundId = Sql.one(Schema.Struct({ id: RoundId }))
const asIds = Sql.all(Schema.Struct({ id: RoundId }))
const asTurnId = Sql.one(Schema.Struct({ id: TurnId }))
const asRounds = Sql.all(OpenRound)
const maybeReason = Sql.first(Schema.Struct({ stop_reason: StopReason }))
const maybeRound = Sql.first(OpenRound)
const asPast = Sql.all(PastTurn)
const asOpenTurns = Sql.all(OpenTurn)
const asCosts = Sql.all(Schema.Struct({ cost_usd: Schema.Number }))
const maybeSpeaker = Sql.first(Schema.Struct({ agent_id: AgentId }))
const asStanding = Sql.one(
  Schema.Struct({
    is_open: Flag,
    replies: Schema.Int,
    speaking: Schema.Int,
    tokens: Schema.Int,
    usd: Schema.Number
  })
)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const write = (statement: Effect.Effect<unknown, SqlError.SqlError>) =>
    Effect.zipRight(Commit, Effect.asVoid(Effect.orDie(statement)))

  return Ledger.of({
    openRound: ({ planned_from, room_id, seed, tape, trigger, policy }, started_at) => {
      const row = {
        room_id,
        kind: trigger.kind,
        trigger: encodeTrigger(trigger),
        policy,
        seed,
        planned_from: encodePasses(planned_from),
        tape: encodeTape(tape),
        started_at
      }
      const inserted = asRoundId(sql`INSERT INTO rounds ${sql.insert(row)} RETURNING id`)
      return Effect.zipRight(
        Commit,
        Effect.map(inserted, ({ id }) => id)
      )
    },

    plan: ({ id, planned_from, tape }) =>
      write(
        sql`UPDATE rounds SET planned_from = ${encodePasses(planned_from)}, tape = ${encodeTape(tape)} WHERE id = ${id}`
      ),

    closeRound: (round, end) =>
      Effect.zipRight(
        Commit,
        Effect.map(
          asIds(sql`UPDATE rounds SET ${sql.update(end)} WHERE id = ${round} AND ended_at IS NULL RETURNING id`),
          (closed) => closed.length > 0
        )
      ),

    open: (room) =>
      asRounds(
        room === null
          ? sql`SELECT * FROM rounds WHERE ended_at IS NULL ORDER BY room_id`
          : sql`SELECT * FROM rounds WHERE ended_at IS NULL AND room_id = ${room} ORDER BY id`
      ),

    waiting: (room) =>
      asRounds(sql`
        SELECT * FROM rounds WHERE ended_at IS NULL AND room_id = ${room}
          AND NOT EXISTS (SELECT 1 FROM turns WHERE round_id = rounds.id)
        ORDER BY id`),

    find: (round) => maybeRound(sql`SELECT * FROM rounds WHERE id = ${round} AND ended_at IS NULL`),

    reasonOf: (round) =>
      Effect.map(
        maybeReason(sql`SELECT stop_reason FROM rounds WHERE id = ${round} AND stop_reason IS NOT NULL`),
        Option.map(({ stop_reason }) => stop_reason)
      ),

    past: (round) =>
      asPast(sql`
        SELECT cell, turns.agent_id, attempt, outcome, content AS said,
          count(*) FILTER (WHERE counted_tokens > 0) OVER (PARTITION BY cell, turns.agent_id ORDER BY attempt) AS tries
        FROM turns LEFT JOIN messages ON messages.id = turns.message_id
        WHERE round_id = ${round} AND outcome IS NOT NULL ORDER BY cell, turns.agent_id, attempt`),

    standing: (room, round) =>
      Effect.map(
        asStanding(sql`
          SELECT
            coalesce((SELECT ended_at IS NULL FROM rounds WHERE id = ${round}), 0) AS is_open,
            (SELECT count(*) FROM turns
              WHERE round_id = ${round} AND outcome = 'replied' AND reason <> 'critic') AS replies,
            count(*) FILTER (WHERE reason <> 'critic') AS speaking,
            coalesce(sum(reserved_tokens), 0) AS tokens, coalesce(sum(reserved_usd), 0) AS usd
          FROM turns WHERE room_id = ${room} AND outcome IS NULL`),
        ({ is_open, replies, speaking, tokens, usd }) => ({
          isOpen: is_open,
          replies,
          speaking,
          reserved: { tokens, usd }
        })
      ),

    openTurn: (turn) =>
      Effect.zipRight(
        Commit,
        Effect.map(asTurnId(sql`INSERT INTO turns ${sql.insert({ ...turn })} RETURNING id`), ({ id }) => id)
      ),

    closeTurn: (turn, { counted, error, usage, ...end }) =>
      write(
        sql`UPDATE turns SET ${sql.update({
          ...end,
          error: error === null ? null : Json.stringify(error),
          input_tokens: usage?.inputTokens ?? null,
          output_tokens: usage?.outputTokens ?? null,
          cache_read_tokens: usage?.cacheReadTokens ?? null,
          cache_write_tokens: usage?.cacheWriteTokens ?? null,
          cost_usd: usage?.costUsd ?? null,
          counted_tokens: counted.tokens,
          counted_usd: counted.usd
        })} WHERE id = ${turn} AND outcome IS NULL`
      ),

    openTurns: asOpenTurns(sql`SELECT * FROM turns WHERE outcome IS NULL`),

    recentUsd: (room) =>
      Effect.map(
        asCosts(sql`
          SELECT cost_usd FROM turns WHERE room_id = ${room} AND cost_usd IS NOT NULL ORDER BY id DESC LIMIT 20`),
        (rows) => rows.map(({ cost_usd }) => cost_usd)
      ),

    lastSpeaker: (room) =>
      Effect.map(
        maybeSpeaker(sql`
          SELECT agent_id FROM turns WHERE room_id = ${room} AND outcome = 'replied' AND reason <> 'critic'
          ORDER BY id DESC LIMIT 1`),
        Option.map(({ agent_id }) => agent_id)
      )
  })
})
