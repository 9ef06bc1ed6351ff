import { type HttpApi, HttpApiBuilder, HttpRouter } from "@effect/platform"
import { Effect, Layer } from "effect"

/** The reference at `/docs`. Its program is 2 MB: it is loaded when somebody asks for it, and then kept. */
export const layer = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function* () {
    const context = yield* Effect.context<HttpApi.Api>()
    const reference = Effect.gen(function* () {
      const swagger = yield* Effect.promise(() => import("@effect/platform/HttpApiSwagger"))
      const built = yield* Layer.build(Layer.provideMerge(swagger.layer({ path: "/docs" }), HttpApiBuilder.Router.Live))
      const routes = yield* Effect.provide(HttpApiBuilder.Router.router, built)
      return yield* Effect.map(HttpRouter.toHttpApp(routes), Effect.orDie)
    })
    const page = yield* Effect.cached(Effect.provide(reference, context))
    yield* router.get("/docs", Effect.flatten(page))
  })
)
