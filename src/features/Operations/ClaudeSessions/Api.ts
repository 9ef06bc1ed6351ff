import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../../Auth/Api.ts"
import { LimitParam, optional } from "../../../domain/Param.ts"
import { Transcript, TranscriptNameInvalid, TranscriptNotFound } from "../../../domain/Transcript.ts"
import { AdminRequired } from "../../../domain/User.ts"

const Id = Schema.NonEmptyString.pipe(Schema.maxLength(200))

export class TranscriptsApi extends HttpApiGroup.make("transcripts")
  .annotate(OpenApi.Description, "What the provider claude recorded of its sessions. For the admin.")
  .add(
    /** Newest first; `before` and `after` name a conversation. */
    HttpApiEndpoint.get("list", "/conversations")
      .annotate(OpenApi.Summary, "List recorded Claude sessions")
      .setUrlParams(Schema.Struct({ before: optional(Id), after: optional(Id), limit: optional(LimitParam) }))
      .addSuccess(Schema.Struct({ conversations: Schema.Array(Transcript) }))
      .addError(AdminRequired)
  )
  .add(
    HttpApiEndpoint.get("read", "/conversations/:project/:id")
      .annotate(OpenApi.Summary, "Read a recorded Claude session")
      .setPath(Schema.Struct({ project: Schema.String, id: Schema.String }))
      .setUrlParams(Schema.Struct({ simplified: optional(Schema.Literal("true", "false", "1", "0")) }))
      .addSuccess(HttpApiSchema.Text({ contentType: "application/x-jsonlines" }))
      .addError(AdminRequired)
      .addError(TranscriptNameInvalid)
      .addError(TranscriptNotFound)
  )
  .middleware(Authenticated)
  .prefix("/exports") {}
