import { Effect, Option, Schema } from "effect"
import { RoundSummary } from "../../domain/History.ts"
import * as Time from "../../domain/Time.ts"

const or = <A, I>(field: Schema.Schema<A, I>, value: A) =>
  field.annotations({ decodingFallback: () => Effect.succeed(value) })

const { fields } = RoundSummary

/** A row, with something else in the place of a cell that cannot be read. */
const Legible = Schema.decodeUnknownOption(
  Schema.Struct({
    id: fields.id,
    room_id: fields.room_id,
    kind: or(fields.kind, "message"),
    policy: or(fields.policy, "priority"),
    seed: or(fields.seed, 0),
    started_at: or(fields.started_at, Time.at(0)),
    ended_at: or(fields.ended_at, null),
    turn_count: fields.turn_count,
    reply_count: fields.reply_count,
    input_tokens: fields.input_tokens,
    output_tokens: fields.output_tokens,
    cache_read_tokens: fields.cache_read_tokens,
    cache_write_tokens: fields.cache_write_tokens,
    cost_usd: fields.cost_usd,
    counted_tokens: fields.counted_tokens,
    counted_usd: fields.counted_usd
  })
)

/** Stands in the place of a round that cannot be read, with what can be read of it. */
export const notice = (row: unknown): Option.Option<RoundSummary> =>
  Option.map(Legible(row), (round) => ({
    ...round,
    stop_reason: "set_aside",
    stop_detail: "What is stored of this round cannot be read"
  }))
