import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "../Api.ts"
import { asAdmin } from "../Auth.ts"
import * as Pool from "./Pool.ts"
import * as Providers from "./Providers.ts"

const healthy = Effect.succeed({ status: "healthy" as const })

export const layer = HttpApiBuilder.group(Api, "system", (handlers) =>
  Effect.map(Effect.all({ pool: Pool.make, providers: Providers.make }), ({ pool, providers }) =>
    handlers
      .handle("health", () => healthy)
      .handle("authHealth", () => healthy)
      .handle("poolHealth", () => Effect.zipRight(asAdmin, pool))
      .handle("voice", () => Effect.succeed({ enabled: false, server_available: false, server_url: "" }))
      .handle("providers", () => providers)
  )
)
