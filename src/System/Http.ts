import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "../Api.ts"
import { Providers } from "../Providers.ts"

const healthy = Effect.succeed({ status: "healthy" as const })

export const layer = HttpApiBuilder.group(Api, "system", (handlers) =>
  Effect.map(Providers, ({ all }) =>
    handlers
      .handle("health", () => healthy)
      .handle("authHealth", () => healthy)
      .handle("providers", () =>
        Effect.succeed({
          providers: all.map(({ defaultModel, isModel, name }) => ({
            name,
            available: true,
            is_model: isModel,
            default_model: defaultModel
          })),
          default: all[0].name
        })
      )
  )
)
