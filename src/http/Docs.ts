import { type HttpApi, HttpApiBuilder, HttpRouter, HttpServerResponse } from "@effect/platform"
import { Effect, Layer } from "effect"

const document = Effect.map(
  Effect.promise(() => import("./ApiDocument.ts")),
  ({ json }) => HttpServerResponse.text(json, { contentType: "application/json" })
)

/** Its program is 2 MB. */
const reference = Effect.gen(function* () {
  const swagger = yield* Effect.promise(() => import("@effect/platform/HttpApiSwagger"))
  const built = yield* Layer.build(Layer.provideMerge(swagger.layer({ path: "/docs" }), HttpApiBuilder.Router.Live))
  const routes = yield* Effect.provide(HttpApiBuilder.Router.router, built)
  return yield* Effect.map(HttpRouter.toHttpApp(routes), Effect.orDie)
})

/** The OpenAPI document and the reference at `/docs`: each is loaded when somebody asks for it, and then kept. */
export const layer = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function* () {
    const context = yield* Effect.context<HttpApi.Api>()
    yield* router.get("/openapi.json", yield* Effect.cached(document))
    yield* router.get("/docs", Effect.flatten(yield* Effect.cached(Effect.provide(reference, context))))
  })
)
