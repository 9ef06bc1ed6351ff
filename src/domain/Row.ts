import { Schema } from "effect"

/** A boolean that the database may hand over as 0 or 1; always sent as a boolean. */
export const Flag = Schema.transform(Schema.Union(Schema.Boolean, Schema.Literal(0, 1)), Schema.Boolean, {
  strict: true,
  decode: (stored) => stored === true || stored === 1,
  encode: (flag) => flag
}).annotations({ jsonSchema: { type: "boolean" } })
