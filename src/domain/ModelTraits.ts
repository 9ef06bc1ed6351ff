import { Schema } from "effect"
import { contextSizeIn } from "./ContextSize.ts"

/** A part of a request that not every endpoint takes. */
export const RequestField = Schema.Literal(
  "tools",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "thinking",
  "temperature",
  "cache_control",
  "system"
)
export type RequestField = typeof RequestField.Type

/** What a model takes and how it answers, as far as its vendor has published it, or refusals and answers have shown. */
export const ModelTraits = Schema.Struct({
  model: Schema.String,
  /** What is left out of requests, because one was refused for it. */
  without: Schema.Array(RequestField),
  takes_images: Schema.Boolean,
  /** Its answers begin with thoughts, up to a mark that ends them: no mark begins them. */
  begins_in_thoughts: Schema.Boolean,
  /** How many tokens the model reads at once; null where that is not known. */
  context_tokens: Schema.NullOr(Schema.Int),
  /** How many bytes of text are counted as a token: by what a refusal told, or a careful guess. */
  bytes_per_token: Schema.Number,
  /** How many tokens an answer may have; null where only the settings bound it. */
  max_output_tokens: Schema.NullOr(Schema.Int)
}).annotations({ identifier: "ModelTraits" })
export type ModelTraits = typeof ModelTraits.Type

/** Fewer than a token of any common script takes. */
const bytesPerToken = 3

const unknown = (model: string): ModelTraits => ({
  model,
  without: [],
  takes_images: true,
  begins_in_thoughts: false,
  context_tokens: null,
  bytes_per_token: bytesPerToken,
  max_output_tokens: null
})

/** No common tokenizer takes more tokens than bytes. */
const densest = 1

/** How much of a refused conversation is told next, where its refusal does not say how much the model reads. */
export type Share = "half" | "little"

const shares: Readonly<Record<Share, number>> = { half: 1 / 2, little: 1 / 16 }

/**
 * What the refusal of a conversation of so many bytes teaches, by the vendor's words: the window where they tell it,
 * else a share of what was sent. Each refusal makes the conversation shorter.
 */
export const shortened = (known: ModelTraits, reason: string, bytes: number, share: Share): ModelTraits => {
  const size = contextSizeIn(reason)
  if (size === null || size.most >= (known.context_tokens ?? Infinity)) {
    const less = Math.max(1, Math.floor((bytes / known.bytes_per_token) * shares[share]))
    return { ...known, context_tokens: Math.min(less, known.context_tokens ?? less) }
  }
  const measured = size.asked === null ? known.bytes_per_token : (bytes / size.asked) * 0.9
  const bytes_per_token = Math.min(known.bytes_per_token, Math.max(densest, measured))
  return { ...known, context_tokens: size.most, bytes_per_token }
}

const smallestTalk = 1000

/** How many bytes of conversation the model reads, beside a prompt of so many and its answer. */
export const conversationBytes = (known: ModelTraits, promptBytes: number) => {
  const { bytes_per_token, context_tokens } = known
  if (context_tokens === null) return Infinity
  const answer = outputTokens(known, context_tokens)
  return Math.max(smallestTalk, Math.floor((context_tokens - answer) * bytes_per_token * 0.9) - promptBytes)
}

/** An answer is never asked to be shorter. */
export const smallestAnswer = 64

/** How long an answer may be: it leaves most of the window to the conversation. */
export const outputTokens = ({ context_tokens, max_output_tokens }: ModelTraits, configured: number) => {
  const share = Math.floor((context_tokens ?? Infinity) / 4)
  return Math.min(configured, max_output_tokens ?? Infinity, Math.max(smallestAnswer, share))
}

/** What is known of the models of one provider; of so many models at once. */
export interface KnownModels {
  readonly of: (model: string) => ModelTraits
  readonly keep: (traits: ModelTraits) => void
  /** The vendor lists the model with a window of so many tokens. */
  readonly publish: (model: string, contextTokens: number) => void
  /** Those of which refusals or answers told something. */
  readonly all: () => ReadonlyArray<ModelTraits>
  /** Forgets what refusals and answers told. */
  readonly forget: () => void
}

const mostModels = 1000

/** Nothing yet; `contextTokens` is the window of each model where neither the vendor's list nor a refusal tells one. */
export const make = (contextTokens: number | null = null): KnownModels => {
  const known = new Map<string, ModelTraits>()
  const published = new Map<string, number>()
  const untaught = (model: string) => published.get(model) ?? contextTokens
  const completed = (found: ModelTraits): ModelTraits => ({
    ...found,
    context_tokens: found.context_tokens ?? untaught(found.model)
  })
  return {
    of: (model) => completed(known.get(model) ?? unknown(model)),
    publish: (model, contextTokens) => {
      if (published.size < mostModels) published.set(model, contextTokens)
    },
    keep: (traits) => {
      const { context_tokens, model } = traits
      known.delete(model)
      // What nobody has learnt gives way to what the vendor lists later.
      known.set(model, { ...traits, context_tokens: context_tokens === untaught(model) ? null : context_tokens })
      const [oldest] = known.keys()
      if (known.size > mostModels && oldest !== undefined) known.delete(oldest)
    },
    all: () => [...known.values()].map(completed),
    forget: () => known.clear()
  }
}
