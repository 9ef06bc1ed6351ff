import { Schema } from "effect"
import { oneLine } from "../lib/text.ts"

/** A text that stands on one line: without control or invisible characters, blanks collapsed and trimmed. */
export const Line = Schema.String.pipe(
  Schema.filter((text) => oneLine(text) === text || "Expected a text on one line, without invisible characters")
)

/** The same from people, whose text is made to fit. */
export const AsLine = Schema.transform(Schema.String, Line, { strict: true, decode: oneLine, encode: (text) => text })
