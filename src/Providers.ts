import { Array, Context, Effect, Layer } from "effect"
import type { Provider } from "./domain/Provider.ts"
import { ProviderUnknown } from "./domain/Room.ts"
import * as Scripted from "./Providers/Scripted.ts"
import { Settings } from "./Settings.ts"

/** The providers that are configured; the first is the default. */
export class Providers extends Context.Tag("parley/Providers")<Providers, {
  readonly all: Array.NonEmptyReadonlyArray<Provider>
  readonly get: (name: string) => Effect.Effect<Provider, ProviderUnknown>
}>() {
  static readonly layer = Layer.effect(this, Effect.suspend(() => make))

  static readonly layerOf = (...all: Array.NonEmptyArray<Provider>) => Layer.succeed(this, collect(all))
}

const collect = (all: Array.NonEmptyReadonlyArray<Provider>) =>
  Providers.of({
    all,
    get: (name) =>
      Effect.mapError(
        Array.findFirst(all, (provider) => provider.name === name),
        () => ProviderUnknown.of(name, all.map((provider) => provider.name))
      )
  })

const make = Effect.gen(function* () {
  const settings = yield* Settings
  const scripted = Scripted.make({ paceMs: settings.SCRIPTED_PACE_MS })
  return collect([scripted])
})
