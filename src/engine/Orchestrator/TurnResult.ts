import { settled } from "../../domain/Allowance.ts"
import type { Reason, RoundId, TurnId } from "../../domain/Round.ts"
import type { Amount } from "../../domain/Usage.ts"
import type { SettleTurn } from "../../store/Operations.ts"
import type { Draft } from "../LiveTurns.ts"
import type { Brief } from "./Briefs.ts"
import type { TurnSetting } from "./TurnSetting.ts"
import type { Verdict } from "./Verdict.ts"

/** A turn that is over, and not yet settled. */
export interface TurnResult {
  readonly turnId: TurnId
  readonly roundId: RoundId
  readonly reason: Reason
  readonly isAnswer: boolean
  readonly setting: TurnSetting
  readonly brief: Brief
  readonly reserved: Amount
  readonly draft: Pick<Draft, "thinking" | "firstTokenMs">
  readonly verdict: Verdict
  readonly duration_ms: number
}

/** What a provider that remembers nothing is told does not depend on how a turn ended. */
const sessionAfter = ({ brief, reserved, setting, verdict }: TurnResult): SettleTurn["session"] => {
  const { model, occasion, provider } = setting
  const id = provider.remembers ? verdict.done?.sessionId : brief.session.session_id
  if (!id || occasion === "critique") return null
  return {
    ...brief.session,
    provider: provider.name,
    model,
    session_id: id,
    prompt_hash: brief.promptHash,
    last_message_id: verdict.done === null ? brief.session.last_message_id : brief.newest,
    tokens: settled(reserved, verdict).tokens
  }
}

/** What is to be stored of it. */
export const settlementOf = (result: TurnResult): SettleTurn => {
  const { draft, reserved, setting, verdict } = result
  return {
    turn_id: result.turnId,
    round_id: result.roundId,
    room_id: setting.room.id,
    agent_id: setting.agent.id,
    agent_name: setting.agent.name,
    agent_display_name: setting.agent.display_name,
    reason: result.reason,
    isAnswer: result.isAnswer,
    provider: setting.provider.name,
    outcome: verdict.outcome,
    said: verdict.said,
    finish: verdict.finish,
    thinking: draft.thinking === "" ? null : draft.thinking,
    error: verdict.error,
    usage: verdict.spent.usage,
    counted: settled(reserved, verdict),
    session: sessionAfter(result),
    first_token_ms: draft.firstTokenMs,
    duration_ms: result.duration_ms
  }
}
