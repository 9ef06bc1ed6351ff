import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"
import { BodyBound } from "../../domain/Body.ts"
import { WriteRefused } from "../../domain/Error.ts"
import { optional, RoomParam } from "../../domain/Param.ts"
import { RoomForbidden, RoomNotFound } from "../../domain/Room.ts"
import { DocumentRefused, Imported, RoomDocument, WrittenDocument } from "../../domain/RoomDocument.ts"
import { ImportLimit } from "../RateLimits/Api.ts"

/** The library's document has one type of content for a status. */
const bothTypes: OpenApi.Transform["Type"] = (operation) => {
  const [json, markdown] = operation["responses"][200].content["application/json"].schema.anyOf
  const content = { "application/json": { schema: json }, "text/markdown": { schema: markdown } }
  return { ...operation, responses: { ...operation["responses"], 200: { description: "The whole room", content } } }
}

export class DocumentsApi extends HttpApiGroup.make("documents")
  .annotate(OpenApi.Description, "Whole rooms as files: out of a server, and into one.")
  .add(
    /** The whole room as a file: JSON that can be imported, or a transcript in Markdown. */
    HttpApiEndpoint.get("export", "/:room_id/export")
      .annotate(OpenApi.Summary, "Export a room")
      .setPath(RoomParam)
      .setUrlParams(
        Schema.Struct({
          format: optional(Schema.Literal("json", "markdown")),
          /** Whether a transcript shows what the agents thought unfolded. */
          thinking: optional(Schema.BooleanFromString)
        })
      )
      .addSuccess(WrittenDocument)
      .addSuccess(HttpApiSchema.Text({ contentType: "text/markdown" }))
      .addError(RoomNotFound)
      .addError(RoomForbidden)
      .annotate(OpenApi.Transform, bothTypes)
  )
  .add(
    /** A room of the caller's out of an export. */
    HttpApiEndpoint.post("import", "/import")
      .annotate(OpenApi.Summary, "Import a room")
      .setPayload(RoomDocument)
      .addSuccess(Imported)
      .addError(DocumentRefused)
      .addError(WriteRefused)
      .annotate(BodyBound, "MAX_IMPORT_BYTES")
      .middleware(ImportLimit)
  )
  .middleware(Authenticated)
  .prefix("/rooms") {}
