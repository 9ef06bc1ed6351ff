import { HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated, credentials } from "../../Auth/Api.ts"
import { PoolHealth } from "../../../domain/Pool.ts"
import { ProviderList } from "../../../domain/ProviderState.ts"
import { FieldsRefused } from "../../../domain/Error.ts"
import { ProviderUnknown } from "../../../domain/Room.ts"
import { Trial, TrialRequest } from "../../../domain/Trial.ts"
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
  .annotate(OpenApi.Description, "Health, metrics and providers.")
  .add(HttpApiEndpoint.get("health", "/health").annotate(OpenApi.Summary, "Is the server alive?").addSuccess(Healthy))
  .add(
    /** Whether it can do its work: for who decides where requests go. `/health` tells whether it is alive. */
    HttpApiEndpoint.get("ready", "/ready")
      .annotate(OpenApi.Summary, "Can the server work?")
      .addSuccess(Schema.Struct({ status: Schema.Literal("ready") }))
      .addError(NotReady)
  )
  .add(
    /** In Prometheus' text format. */
    HttpApiEndpoint.get("metrics", "/metrics")
      .annotate(OpenApi.Summary, "Read the metrics")
      .addSuccess(HttpApiSchema.Text({ contentType }))
      .middleware(Scraping)
  )
  .add(
    HttpApiEndpoint.get("authHealth", "/auth/health")
      .annotate(OpenApi.Summary, "Is the server alive? (older path)")
      .addSuccess(Healthy)
  )
  .add(
    HttpApiEndpoint.get("poolHealth", "/auth/health/pool")
      .annotate(OpenApi.Summary, "Read the health of the model sessions")
      .addSuccess(PoolHealth)
      .addError(AdminRequired)
      .middleware(Authenticated)
  )
  .add(HttpApiEndpoint.get("voice", "/voice/status").annotate(OpenApi.Summary, "Is there a voice?").addSuccess(Voice))
  .add(
    HttpApiEndpoint.get("providers", "/providers")
      .annotate(OpenApi.Summary, "List providers and their models")
      .addSuccess(ProviderList)
      .middleware(Authenticated)
  )
  .add(
    /** Asks the model one short question, which costs a few tokens, and waits up to half a minute for the answer. */
    HttpApiEndpoint.post("tryProvider", "/providers/:name/try")
      .annotate(OpenApi.Summary, "Try a model of a provider")
      .setPath(Schema.Struct({ name: Schema.String }))
      .setPayload(TrialRequest)
      .addSuccess(Trial)
      .addError(FieldsRefused)
      .addError(ProviderUnknown)
      .addError(AdminRequired)
      .middleware(Authenticated)
  ) {}
