import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, Option } from "effect"
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
import type { RoundId } from "../domain/Round.ts"
import type { RoomId } from "../domain/RoomId.ts"
import * as Sql from "./Sql.ts"
import { LiveSettings } from "../process/Settings.ts"

/** Reads what the ledger holds, for people. */
export class RoundRepo extends Context.Tag("parley/store/RoundRepo")<
  RoundRepo,
  {
    /** The newest rounds, those before one, or those next after one; newest first. */
    readonly list: (room: RoomId, page: Page) => Effect.Effect<ReadonlyArray<RoundSummary>>
    readonly get: (room: RoomId, round: RoundId) => Effect.Effect<Round, RoundNotFound>
    readonly usage: (room: RoomRow) => Effect.Effect<Usage>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const asSummaries = Sql.readable(RoundSummary, "rounds")
const maybeRecord = Sql.first(RoundRecord, "rounds")
const asTurns = Sql.readable(TurnRecord, "turns")
const asUsage = Sql.all(AgentUsage)

const amounts = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd"] as const

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { current } = yield* LiveSettings
  const urlOf = (trace: string | null | undefined) => {
    const { JAEGER_UI_URL } = current()
    return trace && Option.isSome(JAEGER_UI_URL) ? `${JAEGER_UI_URL.value.replace(/\/+$/, "")}/trace/${trace}` : null
  }

  const sums = sql.literal(
    [
      "count(*) AS turn_count",
      "count(*) FILTER (WHERE outcome = 'replied') AS reply_count",
      ...amounts.map((name) => `sum(${name}) AS ${name}`),
      "sum(cache_read_tokens) * 1.0 / nullif(sum(input_tokens + cache_read_tokens + cache_write_tokens), 0)" +
        " AS cache_hit_rate"
    ].join(", ")
  )

  const perRound = sql.literal(
    [
      "(SELECT count(*) FROM turns WHERE round_id = rounds.id) AS turn_count",
      "(SELECT count(*) FROM turns WHERE round_id = rounds.id AND outcome = 'replied') AS reply_count",
      ...amounts.map((name) => `(SELECT sum(${name}) FROM turns WHERE round_id = rounds.id) AS ${name}`)
    ].join(", ")
  )

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
      const turns = yield* asTurns(sql`SELECT * FROM turns WHERE round_id = ${id} ORDER BY cell, agent_id, attempt`)
      return {
        ...round,
        cause_trace_url: urlOf(round.trigger.cause?.trace_id),
        turns: turns.map((turn) => ({ ...turn, trace_url: urlOf(turn.trace_id) }))
      }
    }),

    usage: Effect.fn("RoundRepo.usage")(function* (room) {
      const agents = yield* asUsage(sql`
        SELECT agent_id, max(agent_name) AS agent_name, ${sums} FROM turns
        WHERE room_id = ${room.id} GROUP BY agent_id`)
      const { budget_tokens, budget_usd, spent_tokens, spent_usd } = room
      const whole = {
        turn_count: total(agents.map((agent) => agent.turn_count)),
        reply_count: total(agents.map((agent) => agent.reply_count)),
        input_tokens: known(agents.map((agent) => agent.input_tokens)),
        output_tokens: known(agents.map((agent) => agent.output_tokens)),
        cache_read_tokens: known(agents.map((agent) => agent.cache_read_tokens)),
        cache_write_tokens: known(agents.map((agent) => agent.cache_write_tokens)),
        cost_usd: known(agents.map((agent) => agent.cost_usd))
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
