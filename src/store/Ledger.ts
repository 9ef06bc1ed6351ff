import { SqlClient, type SqlError } from "@effect/sql"
import { Array, Context, Effect, Layer, Option, Schema } from "effect"
import { AgentId } from "../domain/Agent.ts"
import { Outcome, PassInput, Reason, RoundId, StopReason, Tape, Trigger, TurnId, TurnPolicy } from "../domain/Round.ts"
import type { Finish } from "../domain/Finish.ts"
import { RoomId } from "../domain/RoomId.ts"
import { Flag } from "../domain/Row.ts"
import type { RoundState } from "../domain/Allowance.ts"
import type { Timestamp } from "../domain/Time.ts"
import type { Amount, Usage } from "../domain/Usage.ts"
import * as Json from "../lib/json.ts"
import * as Sql from "./Sql.ts"
import { Commit } from "./WriteQueue.ts"

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

/** What is known of such a round without a look at its plan. */
const RoundHead = Schema.Struct({ id: RoundId, room_id: RoomId, kind: Schema.String })
export type RoundHead = typeof RoundHead.Type

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

export interface NewTurn {
  readonly round_id: RoundId
  readonly room_id: RoomId
  readonly agent_id: AgentId
  readonly agent_name: string
  readonly agent_display_name: string | null
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
  readonly finish: Finish | null
  readonly ended_at: Timestamp
  readonly error: { readonly _tag: string } | null
  readonly message_id: number | null
  readonly usage: Usage | null
  readonly counted: Amount
  readonly first_token_ms: number | null
  readonly duration_ms: number | null
}

/** The account of rounds and turns: what was planned, who spoke, what it cost and why it ended. */
export class Ledger extends Context.Tag("parley/store/Ledger")<
  Ledger,
  {
    readonly openRound: (round: Omit<OpenRound, "id">, at: Timestamp) => Effect.Effect<RoundId, never, Commit>
    readonly plan: (round: Pick<OpenRound, "id" | "planned_from" | "tape">) => Effect.Effect<void, never, Commit>
    /** False when it had ended before. */
    readonly closeRound: (
      round: RoundId,
      end: { readonly stop_reason: StopReason; readonly stop_detail: string | null; readonly ended_at: Timestamp }
    ) => Effect.Effect<boolean, never, Commit>
    /** Ends all rounds of a room that goes; nobody hears of it. */
    readonly closeRounds: (room: RoomId, at: Timestamp) => Effect.Effect<void, never, Commit>
    /** The open rounds of a room, oldest first. */
    readonly open: (room: RoomId) => Effect.Effect<ReadonlyArray<RoundHead>>
    /** An open round, as far as it is planned; a defect where that cannot be read. */
    readonly find: (round: RoundId) => Effect.Effect<Option.Option<OpenRound>>
    readonly head: (round: RoundId) => Effect.Effect<Option.Option<RoundHead>>
    /** Counts a try at an open round, before anything of it is read; false when it has ended. */
    readonly tried: (round: RoundId) => Effect.Effect<boolean, never, Commit>
    /** Takes the try back: the server ends in good order. */
    readonly untried: (round: RoundId) => Effect.Effect<void, never, Commit>
    /** Why a round ended; none while it goes on. */
    readonly reasonOf: (round: RoundId) => Effect.Effect<Option.Option<StopReason>>
    readonly past: (round: RoundId) => Effect.Effect<ReadonlyArray<PastTurn>>
    readonly state: (room: RoomId, round: RoundId) => Effect.Effect<RoundState>
    readonly openTurn: (turn: NewTurn) => Effect.Effect<TurnId, never, Commit>
    /** A turn that was played to its end shows that its round can be: the tries at it are counted anew. */
    readonly closeTurn: (turn: TurnId, end: TurnEnd) => Effect.Effect<void, never, Commit>
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
const Place = Schema.decodeUnknownOption(RoundHead.pick("id", "room_id"))
/** What cannot be read of it is taken for the usual: it can be ended. */
const asHeads = Sql.readable(RoundHead, "rounds", (row) =>
  Option.map(Place(row), (place) => ({ ...place, kind: "message" }))
)
const asReasons = Sql.readable(Schema.Struct({ stop_reason: StopReason }), "rounds")
const maybeRound = Sql.first(OpenRound, "rounds")
const asPast = Sql.all(PastTurn, "turns")
const asCosts = Sql.readable(Schema.Struct({ id: TurnId, cost_usd: Schema.Number }), "turns")
const asSpeakers = Sql.readable(Schema.Struct({ id: TurnId, agent_id: AgentId }), "turns")
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
  /** Whether a change of an open round found it. */
  const isOpen = (changed: Effect.Effect<ReadonlyArray<unknown>, SqlError.SqlError>) =>
    Effect.zipRight(Commit, Effect.map(asIds(changed), Array.isNonEmptyReadonlyArray))
  /** Nobody sets an autonomous round aside: what follows one that ended its server begins as the second try at it. */
  const inherited = (room: RoomId) =>
    Effect.map(
      asIds(sql`
        SELECT id FROM rounds WHERE kind = 'autonomous' AND stop_reason = 'interrupted' AND tries > 1
          AND id = (SELECT id FROM rounds WHERE room_id = ${room} ORDER BY id DESC LIMIT 1)`),
      (rows) => rows.length
    )
  const proven = (turn: TurnId) => sql`
    UPDATE rounds SET tries = 1 WHERE id = (SELECT round_id FROM turns WHERE id = ${turn}) AND tries > 1`

  return Ledger.of({
    openRound: Effect.fnUntraced(function* ({ planned_from, room_id, seed, tape, trigger, policy }, started_at) {
      yield* Commit
      const row = {
        room_id,
        kind: trigger.kind,
        trigger: encodeTrigger(trigger),
        policy,
        seed,
        planned_from: encodePasses(planned_from),
        tape: encodeTape(tape),
        started_at,
        tries: trigger.kind === "autonomous" ? 1 + (yield* inherited(room_id)) : 1
      }
      return (yield* asRoundId(sql`INSERT INTO rounds ${sql.insert(row)} RETURNING id`)).id
    }),

    plan: ({ id, planned_from, tape }) =>
      write(
        sql`UPDATE rounds SET planned_from = ${encodePasses(planned_from)}, tape = ${encodeTape(tape)} WHERE id = ${id}`
      ),

    closeRound: (round, end) =>
      isOpen(sql`UPDATE rounds SET ${sql.update(end)} WHERE id = ${round} AND ended_at IS NULL RETURNING id`),

    closeRounds: (room, at) =>
      write(sql`
        UPDATE rounds SET ended_at = ${at}, stop_reason = 'interrupted' WHERE room_id = ${room} AND ended_at IS NULL`),

    open: (room) =>
      asHeads(sql`SELECT id, room_id, kind FROM rounds WHERE ended_at IS NULL AND room_id = ${room} ORDER BY id`),

    head: (round) =>
      Effect.map(
        asHeads(sql`SELECT id, room_id, kind FROM rounds WHERE id = ${round} AND ended_at IS NULL`),
        Array.head
      ),

    tried: (round) =>
      isOpen(sql`UPDATE rounds SET tries = tries + 1 WHERE id = ${round} AND ended_at IS NULL RETURNING id`),

    untried: (round) => write(sql`UPDATE rounds SET tries = tries - 1 WHERE id = ${round} AND ended_at IS NULL`),

    find: (round) => maybeRound(sql`SELECT * FROM rounds WHERE id = ${round} AND ended_at IS NULL`),

    reasonOf: (round) =>
      Effect.map(
        asReasons(sql`SELECT id, stop_reason FROM rounds WHERE id = ${round} AND stop_reason IS NOT NULL`),
        ([row]) => Option.map(Option.fromNullable(row), ({ stop_reason }) => stop_reason)
      ),

    past: (round) =>
      asPast(sql`
        SELECT cell, turns.agent_id, attempt, outcome, content AS said,
          count(*) FILTER (WHERE counted_tokens > 0) OVER (PARTITION BY cell, turns.agent_id ORDER BY attempt) AS tries
        FROM turns LEFT JOIN messages ON messages.id = turns.message_id
        WHERE round_id = ${round} AND outcome IS NOT NULL ORDER BY cell, turns.agent_id, attempt`),

    state: (room, round) =>
      Effect.map(
        asStanding(sql`
          SELECT
            coalesce((SELECT ended_at IS NULL FROM rounds WHERE id = ${round}), 0) AS is_open,
            (SELECT count(*) FROM turns
              WHERE round_id = ${round} AND outcome = 'replied' AND reason <> 'critic') AS replies,
            count(*) FILTER (WHERE reason <> 'critic') AS speaking,
            coalesce(sum(${Sql.tokensOf(sql, "reserved_tokens")}), 0) AS tokens,
            coalesce(sum(${Sql.usdOf(sql, "reserved_usd")}), 0) AS usd
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
      Effect.zipRight(
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
        end.outcome === "interrupted" ? Effect.void : write(proven(turn))
      ),

    recentUsd: (room) =>
      Effect.map(
        asCosts(sql`
          SELECT id, cost_usd FROM turns WHERE room_id = ${room} AND cost_usd IS NOT NULL ORDER BY id DESC LIMIT 20`),
        (rows) => rows.map(({ cost_usd }) => cost_usd)
      ),

    lastSpeaker: (room) =>
      Effect.map(
        asSpeakers(sql`
          SELECT id, agent_id FROM turns WHERE room_id = ${room} AND outcome = 'replied' AND reason <> 'critic'
          ORDER BY id DESC LIMIT 1`),
        ([turn]) => Option.map(Option.fromNullable(turn), ({ agent_id }) => agent_id)
      )
  })
})
