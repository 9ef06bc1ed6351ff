import { Schema } from "effect"

/** JSON text of plain data. */
export const stringify: (data: unknown) => string = Schema.encodeSync(Schema.parseJson())
