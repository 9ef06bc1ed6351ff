import type { AgentId } from "../../domain/Agent.ts"
import type { Finish } from "../../domain/Finish.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import type { Outcome, Reason, RoundId, StopReason } from "../../domain/Round.ts"
import type { Timestamp } from "../../domain/Time.ts"
import type { Amount, Usage } from "../../domain/Usage.ts"

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

export interface RoundEnd {
  readonly stop_reason: StopReason
  readonly stop_detail: string | null
  readonly ended_at: Timestamp
}
