import { Schema } from "effect"
import { AsLine } from "./Line.ts"

const word = AsLine.pipe(Schema.minLength(1), Schema.maxLength(200))

/** What each part of a choice may be. */
export const choiceFields = {
  provider: word,
  /** By the provider's own name for it. */
  model: word,
  max_output_tokens: Schema.Int.pipe(Schema.between(64, 1_000_000)),
  temperature: Schema.Number.pipe(Schema.finite(), Schema.between(0, 2)),
  /** Tokens that the model may think for; 0 turns thinking off. */
  thinking: Schema.Int.pipe(Schema.between(0, 1_000_000))
}

const { max_output_tokens, model, provider, temperature, thinking } = choiceFields

/** The model that speaks, and how. A part that is null is left to the next: the seat, then the agent, then the room. */
export const ModelChoice = Schema.Struct({
  provider: Schema.NullOr(provider),
  model: Schema.NullOr(model),
  max_output_tokens: Schema.NullOr(max_output_tokens),
  temperature: Schema.NullOr(temperature),
  thinking: Schema.NullOr(thinking)
})
export type ModelChoice = typeof ModelChoice.Type

export const noChoice: ModelChoice = {
  provider: null,
  model: null,
  max_output_tokens: null,
  temperature: null,
  thinking: null
}

/**
 * What counts of several choices, the strongest first. A model belongs to the provider that is named beside it or after
 * it: once a provider is named, weaker choices name no model.
 */
export const decided = (choices: ReadonlyArray<ModelChoice>): ModelChoice => {
  const first = <Name extends keyof ModelChoice>(name: Name, among = choices): ModelChoice[Name] | null =>
    among.find((choice) => choice[name] !== null)?.[name] ?? null
  const named = choices.findIndex(({ provider }) => provider !== null)
  return {
    provider: first("provider"),
    model: first("model", named === -1 ? choices : choices.slice(0, named + 1)),
    max_output_tokens: first("max_output_tokens"),
    temperature: first("temperature"),
    thinking: first("thinking")
  }
}

/** What an agent speaks with in a room. */
export const choiceIn = (
  room: { readonly default_provider: string; readonly default_model: string | null },
  agent: ModelChoice,
  seat: ModelChoice
) => decided([seat, agent, { ...noChoice, provider: room.default_provider, model: room.default_model }])
