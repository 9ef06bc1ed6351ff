import { Schema } from "effect"

const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const Piece = Schema.Struct({
  index: maybe(Schema.Number),
  id: maybe(Schema.String),
  function: maybe(Schema.Struct({ name: maybe(Schema.String), arguments: maybe(Schema.String) }))
})
export type Piece = typeof Piece.Type

const Delta = Schema.Struct({
  content: maybe(Schema.String),
  reasoning_content: maybe(Schema.String),
  reasoning: maybe(Schema.String),
  tool_calls: maybe(Schema.Array(Piece))
})
export type Delta = typeof Delta.Type

const Usage = Schema.Struct({
  prompt_tokens: maybe(Schema.Number),
  completion_tokens: maybe(Schema.Number),
  prompt_tokens_details: maybe(Schema.Struct({ cached_tokens: maybe(Schema.Number) }))
})
export type Usage = typeof Usage.Type

const Failure = Schema.Struct({
  message: maybe(Schema.String),
  type: maybe(Schema.String),
  code: maybe(Schema.Union(Schema.String, Schema.Number))
})
export type Failure = typeof Failure.Type

/** What we know of an event of a streamed chat completion; servers leave out what they do not have. */
export const Event = Schema.Struct({
  model: maybe(Schema.String),
  choices: maybe(Schema.Array(Schema.Struct({ delta: maybe(Delta), finish_reason: maybe(Schema.String) }))),
  usage: maybe(Usage),
  error: maybe(Schema.Union(Failure, Schema.String))
})
export type Event = typeof Event.Type
