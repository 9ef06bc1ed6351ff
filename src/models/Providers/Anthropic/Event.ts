import { Schema } from "effect"

const number = Schema.optional(Schema.NullOr(Schema.Number))
const text = Schema.optional(Schema.NullOr(Schema.String))

const Usage = Schema.Struct({
  input_tokens: number,
  output_tokens: number,
  cache_read_input_tokens: number,
  cache_creation_input_tokens: number
})
export type Usage = typeof Usage.Type

/** What we know of any event of the Messages API; which of it is there depends on the type. */
export const Event = Schema.Struct({
  type: Schema.String,
  index: Schema.optional(Schema.Number),
  message: Schema.optional(Schema.Struct({ model: Schema.String, usage: Schema.optional(Usage) })),
  content_block: Schema.optional(
    Schema.Struct({ type: Schema.String, text, thinking: text, signature: text, data: text, id: text, name: text })
  ),
  delta: Schema.optional(
    Schema.Struct({ type: text, text, thinking: text, signature: text, partial_json: text, stop_reason: text })
  ),
  usage: Schema.optional(Schema.NullOr(Usage)),
  error: Schema.optional(Schema.Struct({ type: Schema.String, message: text }))
})
export type Event = typeof Event.Type
