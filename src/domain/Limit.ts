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

/** `error` is where clients of the original look for it. */
export class TooManyRequests extends Schema.TaggedError<TooManyRequests>()(
  "TooManyRequests",
  { ...ErrorBody, error: Schema.String, retry_after: Schema.Int },
  HttpApiSchema.annotations({ status: 429 })
) {
  static readonly of = (detail: string, retry_after: number) =>
    new TooManyRequests({ detail, error: detail, retry_after })

  static readonly perMinute = (limit: number, retry_after: number) =>
    TooManyRequests.of(`Rate limit exceeded: ${limit} per 1 minute`, retry_after)
}
