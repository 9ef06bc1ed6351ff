import { Effect } from "effect"
import { ProviderUnknown } from "../../domain/Room.ts"
import { Providers } from "../../models/Providers.ts"
import * as Trials from "../../models/Trials.ts"

/** Tries a model of a provider that is here, the provider's own default where none is named. */
export const make = Effect.gen(function* () {
  const { all } = yield* Providers
  const attempt = yield* Trials.make

  return (name: string, model: string | null | undefined) => {
    const provider = all.find((it) => it.name === name)
    return provider === undefined
      ? ProviderUnknown.of(
          name,
          all.map((it) => it.name)
        )
      : attempt(provider, model ?? provider.defaultModel)
  }
})
