import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "../Api.ts"
import * as Providers from "./Providers.ts"

const healthy = Effect.succeed({ status: "healthy" as const })

export const layer = HttpApiBuilder.group(Api, "system", (handlers) =>
  Effect.map(Providers.make, (providers) =>
    handlers
      .handle("health", () => healthy)
      .handle("authHealth", () => healthy)
      .handle("providers", () => providers)
  )
)
