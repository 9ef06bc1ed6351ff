import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { Api } from "../Api.ts"
import { Credentials } from "../Credentials.ts"
import { Unauthenticated } from "../../domain/User.ts"
import { inert, isKnown } from "../../lib/response.ts"
import { Viewing } from "./Api.ts"
import { type Sight, View } from "./View.ts"

const refuse = () => Unauthenticated.of()

export const viewing = Layer.effect(
  Viewing,
  Effect.map(Credentials, ({ identify }) =>
    Viewing.of({
      header: () =>
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
          Effect.map(identify(request), ({ user }) => ({ user }))
        ),
      bearer: refuse,
      cookie: refuse,
      key: (key) => (Redacted.value(key) === "" ? Unauthenticated.of() : Effect.succeed({ key: Redacted.value(key) }))
    })
  )
)

/** Asked for again each time, so that what is gone, or another's, is not seen out of a cache. */
const shown = Effect.fnUntraced(function* ({ bytes, media_type, sha256 }: Sight) {
  const request = yield* HttpServerRequest.HttpServerRequest
  const headers = {
    ...inert,
    "cache-control": "private, no-cache",
    "content-disposition": "inline",
    etag: `"${sha256}"`
  }
  return isKnown(request, headers.etag)
    ? HttpServerResponse.empty({ status: 304, headers })
    : HttpServerResponse.uint8Array(yield* bytes, { contentType: media_type, headers })
})

export const layer = HttpApiBuilder.group(Api, "attachments", (handlers) =>
  Effect.map(View, (view) =>
    handlers.handleRaw("image", ({ path: { room_id, ...place } }) => Effect.flatMap(view.image(room_id, place), shown))
  )
).pipe(Layer.provide(View.layer))
