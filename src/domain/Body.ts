import { Context } from "effect"

/** Which setting bounds the body that an endpoint takes. */
export class BodyBound extends Context.Reference<BodyBound>()("parley/domain/Body/BodyBound", {
  defaultValue: (): "MAX_BODY_BYTES" | "MAX_IMPORT_BYTES" => "MAX_BODY_BYTES"
}) {}
