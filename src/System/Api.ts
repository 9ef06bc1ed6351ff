import { HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"

const Healthy = Schema.Struct({ status: Schema.Literal("healthy") })

const ProviderList = Schema.Struct({
  providers: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      available: Schema.Boolean,
      /** False for one that only plays a model. */
      is_model: Schema.Boolean,
      default_model: Schema.String
    })
  ),
  default: Schema.String
})

export class SystemApi extends HttpApiGroup.make("system", { topLevel: true })
  .add(HttpApiEndpoint.get("health", "/health").addSuccess(Healthy))
  .add(HttpApiEndpoint.get("authHealth", "/auth/health").addSuccess(Healthy))
  .add(HttpApiEndpoint.get("providers", "/providers").addSuccess(ProviderList).middleware(Authenticated)) {}
