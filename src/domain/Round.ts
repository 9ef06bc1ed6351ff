import { Schema } from "effect"
import { AgentId } from "./Agent.ts"
import { MessageId } from "./Message.ts"

export const RoundId = Schema.Int.pipe(Schema.brand("RoundId"))
export type RoundId = typeof RoundId.Type

export const TurnId = Schema.Int.pipe(Schema.brand("TurnId"))
export type TurnId = typeof TurnId.Type

/** Why an agent stands where it stands on the tape. */
export const Reason = Schema.Literal("interrupts", "mentioned", "first", "shuffled", "last")
export type Reason = typeof Reason.Type

/** One agent's place on the tape. */
export const Cell = Schema.Struct({
  pass: Schema.Int,
  agent_id: AgentId,
  name: Schema.String,
  reason: Reason,
  /** Played only if this agent, who stands before it, replied in this pass; null is played in any case. */
  after: Schema.NullOr(AgentId)
})
export type Cell = typeof Cell.Type

/** The plan of a round, pass by pass. */
export const Tape = Schema.Array(Cell)
export type Tape = typeof Tape.Type

export const Outcome = Schema.Literal("replied", "skipped", "failed", "interrupted", "discarded")
export type Outcome = typeof Outcome.Type

export const StopReason = Schema.Literal(
  "complete",
  "everyone_skipped",
  "max_interactions",
  "max_messages",
  "max_rounds",
  "budget",
  "loop_guard",
  "paused",
  "interrupted",
  "provider_unavailable",
  "no_agents"
)
export type StopReason = typeof StopReason.Type

/** What starts a round. Plain data: a round can be asked for from another process. */
export const Trigger = Schema.Struct({
  kind: Schema.Literal("message"),
  message_id: MessageId,
  /** In the order of mention. */
  mentioned_agent_ids: Schema.Array(AgentId),
  /** The span of the request that asked for it. */
  cause: Schema.NullOr(Schema.Struct({ trace_id: Schema.String, span_id: Schema.String }))
})
export type Trigger = typeof Trigger.Type
