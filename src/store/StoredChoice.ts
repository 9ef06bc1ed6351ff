import { Schema } from "effect"
import { ModelChoice, noChoice } from "../domain/ModelChoice.ts"

/** What a seat speaks with, as its column has it: JSON, or null where nothing was chosen. */
export const StoredChoice = Schema.transform(
  Schema.NullOr(Schema.parseJson(ModelChoice)),
  Schema.typeSchema(ModelChoice),
  { strict: true, decode: (stored) => stored ?? noChoice, encode: (choice) => choice }
)

export const encodeChoice = Schema.encodeSync(StoredChoice)
