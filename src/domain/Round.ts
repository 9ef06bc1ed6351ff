import { Schema } from "effect"
import { AgentId, Member } from "./Agent.ts"
import { MessageId } from "./Message.ts"

export const RoundId = Schema.Int.pipe(Schema.brand("RoundId"))
export type RoundId = typeof RoundId.Type

export const TurnId = Schema.Int.pipe(Schema.brand("TurnId"))
export type TurnId = typeof TurnId.Type

/** How a room decides who speaks when. */
export const TurnPolicy = Schema.Literal("priority", "round_robin", "mentioned_only", "concurrent")
export type TurnPolicy = typeof TurnPolicy.Type

/** Why an agent stands where it stands on the tape. */
export const Reason = Schema.Literal(
  "interrupts",
  "mentioned",
  "first",
  "shuffled",
  "last",
  "in_turn",
  "together",
  "final",
  "critic"
)
export type Reason = typeof Reason.Type

export const Speaker = Schema.Struct({ agent_id: AgentId, name: Schema.String, reason: Reason })
export type Speaker = typeof Speaker.Type

/** A place on the tape; several speakers speak at once, without hearing each other. */
export const Cell = Schema.Struct({
  pass: Schema.Int,
  speakers: Schema.Array(Speaker),
  /**
   * Played only if this agent, who stands before it, replied in this pass, or, for `nobody`, if all that was heard of
   * it before are skips; null is played in any case.
   */
  after: Schema.NullOr(Schema.Union(AgentId, Schema.Literal("nobody")))
})
export type Cell = typeof Cell.Type

/** The plan of a round, pass by pass. */
export const Tape = Schema.Array(Cell)
export type Tape = typeof Tape.Type

/** What planning needs to know of an agent. */
export const Planned = Member.omit("display_name", "group", "profile_pic")
export type Planned = typeof Planned.Type

/** All that one pass is planned from; stored, so that the tape can be derived again. */
export const PassInput = Schema.Struct({
  pass: Schema.Int,
  /** An answer to somebody, a follow-up among the agents, last words at a limit, or the critics' private view. */
  kind: Schema.Literal("answer", "follow_up", "final", "critics"),
  policy: TurnPolicy,
  seed: Schema.Int,
  /** In the order of joining. */
  members: Schema.Array(Planned),
  /** In the order of mention. */
  mentioned: Schema.Array(AgentId),
  /** Names that come before every priority, in this order. */
  priority_agents: Schema.Array(Schema.String),
  /** Who replied last in the room. */
  last_speaker: Schema.NullOr(AgentId),
  /** Whether somebody has to reply in this pass. */
  someone_answers: Schema.optionalWith(Schema.Boolean, { default: () => false })
})
export type PassInput = typeof PassInput.Type

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
  "no_agents",
  /** Only the mentioned speak in the room, and nobody was mentioned who could. */
  "nobody_mentioned",
  /** It cannot be played: tries at it have ended the server, or what is stored of it cannot be read. */
  "set_aside"
)
export type StopReason = typeof StopReason.Type

const Cause = Schema.NullOr(Schema.Struct({ trace_id: Schema.String, span_id: Schema.String }))

/** What starts a round. Plain data: a round can be asked for from another process. */
export const Trigger = Schema.Union(
  Schema.Struct({
    kind: Schema.Literal("message"),
    message_id: MessageId,
    /** In the order of mention. */
    mentioned_agent_ids: Schema.Array(AgentId),
    /** Ids that nobody in the room has, and names that nobody has; ignored. */
    unknown_mentions: Schema.optionalWith(Schema.Array(Schema.Union(Schema.String, AgentId)), { default: () => [] }),
    /** The span of the request that asked for it. */
    cause: Cause
  }),
  Schema.Struct({ kind: Schema.Literal("continue"), cause: Cause }),
  Schema.Struct({ kind: Schema.Literal("autonomous"), cause: Schema.Null })
)
export type Trigger = typeof Trigger.Type
