import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { AgentId } from "../domain/Agent.ts"
import {
  AgentUsage,
  type Round,
  RoundNotFound,
  RoundRecord,
  RoundSummary,
  TurnRecord,
  type Usage
} from "../domain/History.ts"
import type { Page } from "../domain/Param.ts"
import type { RoomRow } from "../domain/Room.ts"
import { type RoundId, TurnId } from "../domain/Round.ts"
import type { RoomId } from "../domain/RoomId.ts"
import * as Unread from "./RoundRepo/Unread.ts"
import * as Sql from "./Sql.ts"
import { LiveSettings } from "../process/Settings.ts"

/** Reads what the ledger holds, for people. */
export class RoundRepo extends Context.Tag("parley/store/RoundRepo")<
  RoundRepo,
  {
    /** The newest rounds, those before one, or those next after one; newest first. */
    readonly list: (room: RoomId, page: Page) => Effect.Effect<ReadonlyArray<RoundSummary>>
    readonly get: (room: RoomId, round: RoundId) => Effect.Effect<Round, RoundNotFound>
    /** Without the turns that cannot be read; the log and the metrics are told of those. */
    readonly usage: (room: RoomRow) => Effect.Effect<Usage>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const asSummaries = Sql.readable(RoundSummary, "rounds", Unread.notice)
const maybeRecord = Sql.first(RoundRecord, "rounds")
const asTurns = Sql.readable(TurnRecord, "turns")
const asUsage = Sql.all(AgentUsage)

const mostTokens = 1_000_000_000_000
const Tokens = Schema.NullOr(Schema.Int.pipe(Schema.between(0, mostTokens)))
/** A turn as it is added up with others. */
const Added = Schema.Struct({
  id: TurnId,
  agent_id: AgentId,
  agent_name: Schema.String,
  input_tokens: Tokens,
  output_tokens: Tokens,
  cache_read_tokens: Tokens,
  cache_write_tokens: Tokens,
  cost_usd: Schema.NullOr(Schema.Finite.pipe(Schema.between(0, mostTokens))),
  counted_tokens: Tokens,
  counted_usd: Schema.Finite.pipe(Schema.between(0, mostTokens))
})
/** Of how many turns that cannot be read the log is told at once. */
const told = 100
const asAdded = Sql.readable(Added, "turns")

const amounts = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd"] as const
const counts = ["counted_tokens", "counted_usd"] as const

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { current } = yield* LiveSettings
  const urlOf = (trace: string | null | undefined) => {
    const { JAEGER_UI_URL } = current()
    return trace && Option.isSome(JAEGER_UI_URL) ? `${JAEGER_UI_URL.value.replace(/\/+$/, "")}/trace/${trace}` : null
  }

  /** That the turn can be added up with others, as `Added` has it. */
  const isAdded = sql.onDialectOrElse({
    orElse: () => {
      const isAmount = (name: string) =>
        `(${name} IS NULL OR typeof(${name}) IN (${name.endsWith("_usd") ? "'real', 'integer'" : "'integer'"})
          AND ${name} BETWEEN 0 AND ${mostTokens})`
      const isAgent = `typeof(agent_id) = 'integer' AND agent_id BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER} AND typeof(agent_name) = 'text'`
      return sql.literal([isAgent, ...[...amounts, ...counts].map(isAmount)].join(" AND "))
    }
  })

  const sums = sql.literal(
    [
      "count(*) AS turn_count",
      "count(*) FILTER (WHERE outcome = 'replied') AS reply_count",
      ...amounts.map((name) => `sum(${name}) AS ${name}`),
      ...counts.map((name) => `sum(${name}) AS ${name}`),
      "sum(cache_read_tokens) * 1.0 / nullif(sum(input_tokens + cache_read_tokens + cache_write_tokens), 0)" +
        " AS cache_hit_rate"
    ].join(", ")
  )

  const turnsOf = sql`FROM turns WHERE round_id = rounds.id AND ${isAdded}`
  const perRound = sql.csv([
    sql`(SELECT count(*) ${turnsOf}) AS turn_count`,
    sql`(SELECT count(*) ${turnsOf} AND outcome = 'replied') AS reply_count`,
    ...amounts.map((name) => sql`(SELECT sum(${sql.literal(name)}) ${turnsOf}) AS ${sql.literal(name)}`),
    ...counts.map((name) => sql`(SELECT coalesce(sum(${sql.literal(name)}), 0) ${turnsOf}) AS ${sql.literal(name)}`)
  ])

  return RoundRepo.of({
    list: (room, { after, before = Number.MAX_SAFE_INTEGER, limit }) => {
      const order = sql.literal(after === undefined ? "DESC" : "ASC")
      return Effect.map(
        asSummaries(sql`
          SELECT rounds.*, ${perRound} FROM rounds
          WHERE room_id = ${room} AND id < ${before} AND id > ${after ?? 0} ORDER BY id ${order} LIMIT ${limit}`),
        (found) => (after === undefined ? found : found.toReversed())
      )
    },

    get: Effect.fn("RoundRepo.get")(function* (room, id) {
      const found = yield* maybeRecord(
        sql`SELECT rounds.*, ${perRound} FROM rounds WHERE room_id = ${room} AND id = ${id}`
      )
      const round = yield* Option.match(found, { onNone: () => RoundNotFound.of(), onSome: Effect.succeed })
      const turns = yield* asTurns(sql`
        SELECT turns.*, (SELECT id FROM kept_messages AS kept WHERE kept.id = turns.message_id) AS message_id
        FROM turns WHERE round_id = ${id} ORDER BY cell, agent_id, attempt`)
      return {
        ...round,
        cause_trace_url: urlOf(round.trigger.cause?.trace_id),
        turns: turns.map((turn) => ({ ...turn, trace_url: urlOf(turn.trace_id) }))
      }
    }),

    usage: Effect.fn("RoundRepo.usage")(function* (room) {
      const agents = yield* asUsage(sql`
        SELECT agent_id, max(agent_name) AS agent_name,
          (SELECT display_name FROM agents WHERE agents.id = turns.agent_id) AS agent_display_name, ${sums} FROM turns
        WHERE room_id = ${room.id} AND ${isAdded} GROUP BY agent_id`)
      yield* asAdded(sql`SELECT * FROM turns WHERE room_id = ${room.id} AND NOT (${isAdded}) LIMIT ${told}`)
      const { budget_tokens, budget_usd, spent_tokens, spent_usd } = room
      const whole = {
        turn_count: total(agents.map((agent) => agent.turn_count)),
        reply_count: total(agents.map((agent) => agent.reply_count)),
        input_tokens: known(agents.map((agent) => agent.input_tokens)),
        output_tokens: known(agents.map((agent) => agent.output_tokens)),
        cache_read_tokens: known(agents.map((agent) => agent.cache_read_tokens)),
        cache_write_tokens: known(agents.map((agent) => agent.cache_write_tokens)),
        cost_usd: known(agents.map((agent) => agent.cost_usd)),
        counted_tokens: total(agents.map((agent) => agent.counted_tokens)),
        counted_usd: total(agents.map((agent) => agent.counted_usd))
      }
      const cache_hit_rate = hitRate(whole)
      return { room_id: room.id, ...whole, cache_hit_rate, spent_tokens, spent_usd, budget_tokens, budget_usd, agents }
    })
  })
})

const total = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0)

const hitRate = ({
  cache_read_tokens,
  cache_write_tokens,
  input_tokens
}: Record<(typeof amounts)[number], number | null>) => {
  const input = total([input_tokens ?? 0, cache_read_tokens ?? 0, cache_write_tokens ?? 0])
  return input === 0 ? null : (cache_read_tokens ?? 0) / input
}

/** Null when nobody has told anything. */
const known = (values: ReadonlyArray<number | null>) => {
  const told = values.filter((value) => value !== null)
  return told.length === 0 ? null : total(told)
}
