import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { ErrorBody } from "./Error.ts"
import { Timestamp } from "./Time.ts"

/** A file in which the Claude client keeps what it was told and what it said. */
export const Transcript = Schema.Struct({
  id: Schema.String,
  filename: Schema.String,
  project: Schema.String,
  modified: Timestamp,
  /** In bytes. */
  size: Schema.Int
})
export type Transcript = typeof Transcript.Type

const shape = /^[\p{L}\p{N}_-][\p{L}\p{N}._-]{0,199}$/u

/** True for a name that is one part of a path, and hidden from nobody. */
export const isTranscriptName = (name: string) => shape.test(name)

export class TranscriptNameInvalid extends Schema.TaggedError<TranscriptNameInvalid>()(
  "TranscriptNameInvalid",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 400 })
) {
  static readonly of = () => new TranscriptNameInvalid({ detail: "Invalid project or conversation name" })
}

export class TranscriptNotFound extends Schema.TaggedError<TranscriptNotFound>()(
  "TranscriptNotFound",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 404 })
) {
  static readonly of = () => new TranscriptNotFound({ detail: "Conversation not found" })
}
