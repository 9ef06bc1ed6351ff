import { Schema } from "effect"
import { Message, MessageId } from "./Message.ts"

/** What is looked for: plain words, each of which a message must contain, in whatever case. */
export const Query = Schema.Trim.pipe(Schema.minLength(1), Schema.maxLength(200)).annotations({
  jsonSchema: { type: "string", minLength: 1, description: "Words of at most 200 characters" }
})

export const Hit = Schema.Struct({
  ...Message.fields,
  /** The words with a little of what stands around them, on one line. */
  excerpt: Schema.String
})
export type Hit = typeof Hit.Type

export const Found = Schema.Struct({
  /** Newest first. */
  hits: Schema.Array(Hit),
  /** Where to go on, as `before`; null when everything was looked at. A page with it can be short, or empty. */
  next_before: Schema.NullOr(MessageId)
})
export type Found = typeof Found.Type
