import { Effect, type Either, Fiber, FiberMap, Option } from "effect"
import type { Model, Provider } from "../../domain/Provider.ts"
import type { ProviderError } from "../../domain/ProviderError.ts"
import type { ProviderList } from "../../domain/ProviderState.ts"
import { Gates } from "../../models/Gates.ts"
import { Providers } from "../../models/Providers.ts"

// A vendor that is slow to list its models must not keep people from their rooms.
const patience = "1 second"

type Listed = Either.Either<ReadonlyArray<Model>, ProviderError>

/** What there is to choose from, and how it stands with each. */
export const make = Effect.gen(function* () {
  const { all } = yield* Providers
  const gates = yield* Gates
  const asking = yield* FiberMap.make<string, Listed, never>()

  const modelsOf = ({ models, name }: Provider) =>
    Effect.gen(function* () {
      const asked = FiberMap.unsafeGet(asking, name)
      const answer = Option.isSome(asked) ? asked.value : yield* FiberMap.run(asking, name, Effect.either(models))
      const heard = yield* Effect.timeoutOption(Fiber.join(answer), patience)
      return Option.getOrNull(Option.flatMap(heard, Option.getRight))
    })

  const describe = (provider: Provider) =>
    Effect.map(
      Effect.all({
        models: modelsOf(provider),
        health: gates.state(provider.name),
        model_health: gates.models(provider.name)
      }),
      ({ health, model_health, models }): ProviderList["providers"][number] => ({
        name: provider.name,
        available: true,
        is_model: provider.isModel,
        default_model: provider.defaultModel,
        takes_images: provider.takesImages,
        models,
        traits: provider.traits.all(),
        health,
        model_health
      })
    )

  return Effect.map(Effect.forEach(all, describe, { concurrency: "unbounded" }), (providers): ProviderList => ({
    providers,
    default: all[0].name
  }))
})
