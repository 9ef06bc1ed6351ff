import { Schema } from "effect"
import { exact } from "./Body.ts"
import { choiceFields } from "./ModelChoice.ts"

/** Without a body, or a model in it, the provider's own default is tried. */
export const TrialRequest = Schema.NullOr(
  Schema.Struct({ model: Schema.optional(Schema.NullOr(choiceFields.model)) }).annotations(exact)
)

/** How a model answered one short question. */
export const Trial = Schema.Struct({
  provider: Schema.String,
  model: Schema.String,
  ok: Schema.Boolean,
  /** What happened, in plain sentences. */
  message: Schema.String,
  /** Null where it answered. */
  error: Schema.NullOr(Schema.Struct({ _tag: Schema.String, reason: Schema.String })),
  first_token_ms: Schema.NullOr(Schema.Int),
  /** Whether it was asked with a tool and took that; null where it did not answer. */
  takes_tools: Schema.NullOr(Schema.Boolean),
  /** Of every kind, as far as they are known. */
  tokens: Schema.NullOr(Schema.Int),
  cost_usd: Schema.NullOr(Schema.Number)
}).annotations({ identifier: "Trial" })
export type Trial = typeof Trial.Type
