import { HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"
import { ProviderList } from "../domain/ProviderList.ts"

const Healthy = Schema.Struct({ status: Schema.Literal("healthy") })

export class SystemApi extends HttpApiGroup.make("system", { topLevel: true })
  .add(HttpApiEndpoint.get("health", "/health").addSuccess(Healthy))
  .add(HttpApiEndpoint.get("authHealth", "/auth/health").addSuccess(Healthy))
  .add(HttpApiEndpoint.get("providers", "/providers").addSuccess(ProviderList).middleware(Authenticated)) {}
