import { HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"
import { PoolHealth } from "../domain/Pool.ts"
import { ProviderList } from "../domain/ProviderList.ts"
import { AdminRequired } from "../domain/User.ts"

/** Nothing is spoken aloud here; clients that could ask first. */
const Voice = Schema.Struct({
  enabled: Schema.Boolean,
  server_available: Schema.Boolean,
  server_url: Schema.String
})

const Healthy = Schema.Struct({ status: Schema.Literal("healthy") })

export class SystemApi extends HttpApiGroup.make("system", { topLevel: true })
  .add(HttpApiEndpoint.get("health", "/health").addSuccess(Healthy))
  .add(HttpApiEndpoint.get("authHealth", "/auth/health").addSuccess(Healthy))
  .add(
    HttpApiEndpoint.get("poolHealth", "/auth/health/pool")
      .addSuccess(PoolHealth)
      .addError(AdminRequired)
      .middleware(Authenticated)
  )
  .add(HttpApiEndpoint.get("voice", "/voice/status").addSuccess(Voice))
  .add(HttpApiEndpoint.get("providers", "/providers").addSuccess(ProviderList).middleware(Authenticated)) {}
