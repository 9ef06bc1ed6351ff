import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { ErrorBody } from "./Error.ts"

/** `whose` number is full: the identity's own, or all of the server's. */
export class TooManyStreams extends Schema.TaggedError<TooManyStreams>()(
  "TooManyStreams",
  { ...ErrorBody, whose: Schema.Literal("user", "server"), limit: Schema.Int },
  HttpApiSchema.annotations({ status: 429 })
) {
  static readonly of = (whose: "user" | "server", limit: number) =>
    new TooManyStreams({
      whose,
      limit,
      detail:
        whose === "user" ? `You have ${limit} streams open already` : `The server has ${limit} streams open already`
    })
}
