import type { ContextExceeded } from "../../domain/ProviderError.ts"
import { leastWindow } from "../../domain/ContextSize.ts"
import { shortened } from "../../domain/ModelTraits.ts"
import { type Brief, bytesOf } from "./Briefs.ts"
import type { TurnSetting } from "./TurnSetting.ts"

/** How often a turn whose conversation is refused for its length is told with less of it. */
export const mostCuts = 2

const isResumed = ({ spec }: Brief, { provider }: TurnSetting) => provider.remembers && spec.resume !== null

/** Learns from the refusal how much the model reads. The second cut of a turn is its last, and goes deep. */
export const learn = (setting: TurnSetting, brief: Brief, { reason }: ContextExceeded, cut: number) => {
  const { model, provider } = setting
  const known = provider.traits.of(model)
  const bytes = bytesOf(brief) + brief.sessionTokens * known.bytes_per_token
  provider.traits.keep(shortened(known, reason, bytes, cut === 1 ? "half" : "little"))
}

/** False where nothing was left that could be left out. What a session holds beside its brief is not in its bytes. */
export const isShorter = (next: Brief, brief: Brief, setting: TurnSetting) =>
  isResumed(brief, setting) || bytesOf(next) < bytesOf(brief)

export const sightless = (setting: TurnSetting): TurnSetting => ({
  ...setting,
  provider: { ...setting.provider, takesImages: false }
})

/** With as little of the conversation as a turn is ever told, and no pictures. */
export const barest = (setting: TurnSetting): TurnSetting => {
  const { provider } = sightless(setting)
  const of = (model: string) => ({ ...provider.traits.of(model), context_tokens: leastWindow })
  return { ...setting, provider: { ...provider, traits: { ...provider.traits, of } } }
}

const mostSeats = 1000

/** How an agent's last turn went: refused however little it was told, or answered with that little. */
type State = "refused" | "eased"

/**
 * The agents that are told as little as can be, because they were refused with it. Their next turn begins with that:
 * one request tells whether the model reads it now. When it has, the turn after that is told all again.
 */
export const makeStuck = () => {
  const seats = new Map<string, State>()
  const keyOf = ({ agent, model, provider, room }: TurnSetting) => `${room.id}/${agent.id}/${provider.name}/${model}`
  return {
    of: (setting: TurnSetting) => seats.get(keyOf(setting)) ?? null,
    refused: (setting: TurnSetting) => {
      const [oldest] = seats.keys()
      if (seats.size >= mostSeats && oldest !== undefined) seats.delete(oldest)
      seats.set(keyOf(setting), "refused")
    },
    answered: (setting: TurnSetting) => {
      const key = keyOf(setting)
      if (seats.get(key) === "refused") seats.set(key, "eased")
      else seats.delete(key)
    }
  }
}
