import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"

/** What every error answer carries: `detail` for people, `trace_id` to find the request, stamped on as it leaves. */
export const ErrorBody = {
  detail: Schema.String,
  trace_id: Schema.optional(Schema.String)
}

/** The write queue took nothing: it is full, or the server is closing. Nothing was executed. */
export class WriteRefused extends Schema.TaggedError<WriteRefused>()(
  "WriteRefused",
  {
    ...ErrorBody,
    reason: Schema.Literal("full", "closing"),
    /** In seconds, as the header `Retry-After`. */
    retry_after: Schema.Int
  },
  HttpApiSchema.annotations({ status: 503 })
) {
  static readonly of = (reason: "full" | "closing") =>
    reason === "full"
      ? new WriteRefused({ reason, detail: "Too many writes are waiting", retry_after: 1 })
      : new WriteRefused({ reason, detail: "The server is closing", retry_after: 5 })
}

/** A body, path or query that is not what the route takes; `detail` lists each place. */
export class Invalid extends Schema.TaggedError<Invalid>()(
  "Invalid",
  {
    detail: Schema.Array(
      Schema.Struct({
        type: Schema.String,
        loc: Schema.Array(Schema.Union(Schema.String, Schema.Number)),
        msg: Schema.String
      })
    ),
    trace_id: Schema.optional(Schema.String)
  },
  HttpApiSchema.annotations({ status: 422 })
) {}

/** Fields of a body that cannot be set; nothing was changed. */
export class FieldsRefused extends Schema.TaggedError<FieldsRefused>()(
  "FieldsRefused",
  { ...ErrorBody, fields: Schema.Array(Schema.String) },
  HttpApiSchema.annotations({ status: 400 })
) {
  static readonly of = (fields: ReadonlyArray<string>) =>
    new FieldsRefused({ fields, detail: `These fields cannot be set: ${fields.join(", ")}` })
}

export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()(
  "BodyTooLarge",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 413 })
) {
  static readonly of = (bytes: number) => new BodyTooLarge({ detail: `The body is larger than ${bytes} bytes` })
}

export class BodyNotJson extends Schema.TaggedError<BodyNotJson>()(
  "BodyNotJson",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 415 })
) {
  static readonly of = (detail = "The body must be of the type application/json") => new BodyNotJson({ detail })
}

/** Any error as far as all are alike: no such route, no such method, a bug. */
export const Failure = Schema.Struct({ _tag: Schema.String, ...ErrorBody }).annotations({ identifier: "Failure" })
