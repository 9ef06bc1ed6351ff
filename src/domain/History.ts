import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { AgentId } from "./Agent.ts"
import { ErrorBody } from "./Error.ts"
import { Finish } from "./Finish.ts"
import { Outcome, Reason, RoundId, StopReason, Tape, Trigger, TurnId, TurnPolicy } from "./Round.ts"
import { RoomId } from "./RoomId.ts"
import { Timestamp } from "./Time.ts"

// What people may look up of a room's past: who spoke, why, what it cost and why it ended.

const Count = Schema.NullOr(Schema.Int)

/** A number is null as long as no provider has told it. */
const tokens = {
  input_tokens: Count,
  output_tokens: Count,
  cache_read_tokens: Count,
  cache_write_tokens: Count,
  cost_usd: Schema.NullOr(Schema.Number)
}

/**
 * What counts towards the budgets: where a provider did not tell, what was set aside for the turn. These add up to what
 * the room has spent.
 */
const counted = { counted_tokens: Schema.Int, counted_usd: Schema.Number }

const sums = { turn_count: Schema.Int, reply_count: Schema.Int, ...tokens, ...counted }

export const RoundSummary = Schema.Struct({
  id: RoundId,
  room_id: RoomId,
  kind: Schema.String,
  policy: TurnPolicy,
  seed: Schema.Int,
  started_at: Timestamp,
  ended_at: Schema.NullOr(Timestamp),
  /** Null while the round goes on. */
  stop_reason: Schema.NullOr(StopReason),
  stop_detail: Schema.NullOr(Schema.String),
  ...sums
}).annotations({ identifier: "RoundSummary" })
export type RoundSummary = typeof RoundSummary.Type

const Fault = Schema.Struct({ _tag: Schema.String }, { key: Schema.String, value: Schema.Unknown })

/** As it stands in the database. */
export const TurnRecord = Schema.Struct({
  id: TurnId,
  /** Its place on the tape. */
  cell: Schema.Int,
  attempt: Schema.Int,
  agent_id: AgentId,
  agent_name: Schema.String,
  /** What the agent was called in place of it at that time; null where that was its name. */
  agent_display_name: Schema.NullOr(Schema.String),
  reason: Reason,
  provider: Schema.String,
  model: Schema.String,
  /** Null while it goes on. */
  outcome: Schema.NullOr(Outcome),
  /** How its words ended; null where none stayed, and where it is not known. */
  finish: Schema.NullOr(Finish),
  error: Schema.NullOr(Schema.parseJson(Fault)),
  message_id: Schema.NullOr(Schema.Int),
  ...tokens,
  ...counted,
  first_token_ms: Schema.NullOr(Schema.Number),
  duration_ms: Schema.NullOr(Schema.Number),
  trace_id: Schema.NullOr(Schema.String),
  started_at: Timestamp,
  ended_at: Schema.NullOr(Timestamp)
})

/** Where people find a trace; null without a trace, or a place to look at it. One that was not sampled is not there. */
const TraceUrl = Schema.NullOr(Schema.String)

export const Turn = Schema.Struct({
  ...TurnRecord.fields,
  error: Schema.NullOr(Fault),
  trace_url: TraceUrl
}).annotations({ identifier: "Turn" })

/** A round whole; `trigger` and `tape` are JSON text in the database. */
export const RoundRecord = Schema.Struct({
  ...RoundSummary.fields,
  trigger: Schema.parseJson(Trigger),
  tape: Schema.parseJson(Tape)
})

export const Round = Schema.Struct({
  ...RoundSummary.fields,
  trigger: Schema.typeSchema(Trigger),
  tape: Schema.typeSchema(Tape),
  /** Of the request that asked for the round. */
  cause_trace_url: TraceUrl,
  /** In the order of the tape. */
  turns: Schema.Array(Turn)
}).annotations({ identifier: "Round" })
export type Round = typeof Round.Type

const used = {
  ...sums,
  /** The share of the input that the provider had in its cache, from 0 to 1; null without any input. */
  cache_hit_rate: Schema.NullOr(Schema.Number)
}

export const AgentUsage = Schema.Struct({
  agent_id: AgentId,
  agent_name: Schema.String,
  agent_display_name: Schema.NullOr(Schema.String),
  ...used
})

export const Usage = Schema.Struct({
  room_id: RoomId,
  ...used,
  /** What the budgets are held against. */
  spent_tokens: Schema.Int,
  spent_usd: Schema.Number,
  budget_tokens: Count,
  budget_usd: Schema.NullOr(Schema.Number),
  agents: Schema.Array(AgentUsage)
}).annotations({ identifier: "Usage" })
export type Usage = typeof Usage.Type

export class RoundNotFound extends Schema.TaggedError<RoundNotFound>()(
  "RoundNotFound",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 404 })
) {
  static readonly of = () => new RoundNotFound({ detail: "Round not found" })
}
