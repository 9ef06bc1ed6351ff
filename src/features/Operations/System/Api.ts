import { HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated, credentials } from "../../Auth/Api.ts"
import { PoolHealth } from "../../../domain/Pool.ts"
import { ProviderList } from "../../../domain/ProviderList.ts"
import { NotReady } from "../../../domain/Status.ts"
import { AdminRequired, Unauthenticated } from "../../../domain/User.ts"
import { contentType } from "../Prometheus.ts"

/** Nothing is spoken aloud here; clients that could ask first. */
const Voice = Schema.Struct({
  enabled: Schema.Boolean,
  server_available: Schema.Boolean,
  server_url: Schema.String
})

/**
 * Requires the metrics' own token, or an access token of the admin.
 * @effect-expect-leaking HttpServerRequest | ParsedSearchParams | RouteContext
 */
export class Scraping extends HttpApiMiddleware.Tag<Scraping>()("parley/features/Operations/System/Api/Scraping", {
  failure: Schema.Union(Unauthenticated, AdminRequired),
  security: credentials
}) {}

const Healthy = Schema.Struct({ status: Schema.Literal("healthy") })
export const healthy: typeof Healthy.Type = { status: "healthy" }

export class SystemApi extends HttpApiGroup.make("system", { topLevel: true })
  .add(HttpApiEndpoint.get("health", "/health").addSuccess(Healthy))
  .add(
    /** Whether it can do its work: for who decides where requests go. `/health` tells whether it is alive. */
    HttpApiEndpoint.get("ready", "/ready")
      .addSuccess(Schema.Struct({ status: Schema.Literal("ready") }))
      .addError(NotReady)
  )
  .add(
    /** In Prometheus' text format. */
    HttpApiEndpoint.get("metrics", "/metrics").addSuccess(HttpApiSchema.Text({ contentType })).middleware(Scraping)
  )
  .add(HttpApiEndpoint.get("authHealth", "/auth/health").addSuccess(Healthy))
  .add(
    HttpApiEndpoint.get("poolHealth", "/auth/health/pool")
      .addSuccess(PoolHealth)
      .addError(AdminRequired)
      .middleware(Authenticated)
  )
  .add(HttpApiEndpoint.get("voice", "/voice/status").addSuccess(Voice))
  .add(HttpApiEndpoint.get("providers", "/providers").addSuccess(ProviderList).middleware(Authenticated)) {}
