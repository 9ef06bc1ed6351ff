import type { Outcome } from "../../domain/Round.ts"
import * as Meter from "../../lib/metric.ts"
import type { Draft } from "../LiveTurns.ts"
import type { TurnSetting } from "./TurnSetting.ts"
import type { Verdict } from "./Verdict.ts"

const turns = Meter.counter("parley_turns_total", "Turns that have ended", "outcome", "provider")
const tokens = Meter.counter("parley_tokens_total", "Tokens by kind, none of them in two", "provider", "kind")
const cost = Meter.counter("parley_cost_usd_total", "US dollars, as far as providers name prices", "provider")
const durations = Meter.histogram(
  "parley_turn_duration_seconds",
  "From the opening of a turn to its end, with all waiting",
  [0.1, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640],
  "provider"
)
const firstTokens = Meter.histogram(
  "parley_turn_first_token_seconds",
  "From asking a model to the first it said or thought",
  [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128],
  "provider"
)

interface Turn {
  readonly setting: Pick<TurnSetting, "provider">
  readonly draft: Pick<Draft, "firstTokenMs">
  readonly verdict: Pick<Verdict, "spent">
  readonly duration_ms: number
}

/** Counts a turn that has ended. */
export const count = ({ draft, duration_ms, setting, verdict }: Turn, outcome: Outcome) => {
  const { name } = setting.provider
  turns(1, outcome, name)
  durations(duration_ms / 1000, name)
  if (draft.firstTokenMs !== null) firstTokens(draft.firstTokenMs / 1000, name)
  const { usage } = verdict.spent
  if (usage === null) return
  tokens(usage.inputTokens, name, "input")
  tokens(usage.outputTokens, name, "output")
  tokens(usage.cacheReadTokens, name, "cache_read")
  tokens(usage.cacheWriteTokens, name, "cache_write")
  cost(usage.costUsd ?? 0, name)
}
