import { Context, Schema } from "effect"

/** Which setting bounds the body that an endpoint takes. */
export class BodyBound extends Context.Reference<BodyBound>()("parley/domain/Body/BodyBound", {
  defaultValue: (): "MAX_BODY_BYTES" | "MAX_IMPORT_BYTES" => "MAX_BODY_BYTES"
}) {}

/** Tells the document of the API of such a body. */
export const exactMark = "x-exact"

/**
 * Refuses a body that names a field which the schema does not have: what cannot be done is not passed over. What older
 * clients send and has no meaning here is a field of type `Unheeded`.
 */
export const exact = {
  parseOptions: { onExcessProperty: "error", errors: "all" },
  jsonSchema: { [exactMark]: true }
} as const

/** Accepted in a request, and ignored. */
export const Unheeded = Schema.optional(
  Schema.Unknown.annotations({ description: "Accepted for the sake of older clients, and ignored" })
)
