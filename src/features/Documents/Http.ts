import {
  HttpApiBuilder,
  HttpApiError,
  HttpServerError,
  type HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Effect, Stream } from "effect"
import { Api } from "../Api.ts"
import { Documents, type Export } from "../Documents.ts"
import { read } from "../ReadDocument.ts"
import { inert } from "../../lib/response.ts"

const kinds = {
  json: { extension: "json", contentType: "application/json" },
  markdown: { extension: "md", contentType: "text/markdown; charset=utf-8" }
} as const

/** The room's name as a file's, for old readers in ASCII and for others in every script. */
const disposition = (name: string, extension: string) => {
  const safe =
    name
      .normalize("NFC")
      .replaceAll(/[^\p{L}\p{M}\p{N} _-]+/gu, "_")
      .trim() || "room"
  const ascii = safe.replaceAll(/[^\w -]+/g, "_")
  const encoded = encodeURIComponent(`${safe}.${extension}`)
  return `attachment; filename="${ascii}.${extension}"; filename*=UTF-8''${encoded}`
}

const download = (
  { name, text }: Export,
  request: HttpServerRequest.HttpServerRequest,
  { contentType, extension }: (typeof kinds)[keyof typeof kinds]
) =>
  HttpServerResponse.stream(
    Stream.encodeText(text).pipe(
      // Ended as usual, what was sent so far would pass for the whole.
      Stream.tapErrorCause(() => Effect.sync(() => NodeHttpServerRequest.toServerResponse(request).destroy()))
    ),
    {
      contentType,
      headers: { ...inert, "cache-control": "no-store", "content-disposition": disposition(name, extension) }
    }
  )

export const layer = HttpApiBuilder.group(Api, "documents", (handlers) =>
  Effect.map(Documents, (documents) =>
    handlers
      .handleRaw("export", ({ path, request, urlParams: { format = "json", thinking = false } }) =>
        Effect.map(
          format === "json" ? documents.json(path.room_id) : documents.markdown(path.room_id, thinking),
          (found) => download(found, request, kinds[format])
        )
      )
      // The library would parse and decode all of it in one go.
      .handleRaw("import", ({ request }) =>
        Effect.flatMap(Effect.orDie(request.text), read).pipe(
          Effect.catchTags({
            NotJson: (cause) => Effect.die(new HttpServerError.RequestError({ request, reason: "Decode", cause })),
            ParseError: HttpApiError.HttpApiDecodeError.refailParseError
          }),
          Effect.flatMap(documents.take)
        )
      )
  )
)
