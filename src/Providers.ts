import { Array, Context, Effect, Layer, Option, Record, Redacted, Struct } from "effect"
import { Passage } from "./domain/Passage.ts"
import type { Provider } from "./domain/Provider.ts"
import { ProviderUnknown } from "./domain/Room.ts"
import * as Claude from "./Providers/Claude.ts"
import * as Scripted from "./Providers/Scripted.ts"
import { Settings, SettingsInvalid } from "./Settings.ts"

/** The providers that are configured; the first is the default. */
export class Providers extends Context.Tag("parley/Providers")<
  Providers,
  {
    readonly all: Array.NonEmptyReadonlyArray<Provider>
    readonly get: (name: string) => Effect.Effect<Provider, ProviderUnknown>
  }
>() {
  /** Claude with a key or another way in, and always the scripted one. */
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )

  static readonly layerOf = (...all: Array.NonEmptyArray<Provider>) => Layer.succeed(this, collect(all))
}

const collect = (all: Array.NonEmptyReadonlyArray<Provider>) =>
  Providers.of({
    all,
    get: (name) =>
      Effect.mapError(
        Array.findFirst(all, (provider) => provider.name === name),
        () =>
          ProviderUnknown.of(
            name,
            Array.map(all, (provider) => provider.name)
          )
      )
  })

/** What the settings let through to the processes of a provider. */
const passage = (settings: Settings["Type"]) => {
  const chosen = Struct.pick(settings, ...Struct.keys(Passage))
  return Record.filterMap(chosen, (value: Option.Option<string | Redacted.Redacted>) =>
    Option.map(value, (it) => (Redacted.isRedacted(it) ? Redacted.value(it) : it))
  )
}

const make = Effect.gen(function* () {
  const settings = yield* Settings
  const scripted = Scripted.make({ paceMs: settings.SCRIPTED_PACE_MS })
  const apiKey = Option.orElse(settings.ANTHROPIC_API_KEY, () => settings.CLAUDE_API_KEY)
  const waysIn: ReadonlyArray<Option.Option<unknown>> = [
    apiKey,
    settings.ANTHROPIC_AUTH_TOKEN,
    settings.CLAUDE_CODE_USE_BEDROCK,
    settings.CLAUDE_CODE_USE_VERTEX
  ]
  const chosen = Option.getOrUndefined(settings.DEFAULT_PROVIDER)
  if (!waysIn.some(Option.isSome)) {
    return chosen === "claude"
      ? yield* new SettingsInvalid({ problems: ["DEFAULT_PROVIDER: claude needs ANTHROPIC_API_KEY or another way in"] })
      : collect([scripted])
  }
  const claude = yield* Claude.make({
    apiKey,
    baseUrl: settings.ANTHROPIC_BASE_URL,
    model: settings.USE_HAIKU ? "haiku" : settings.CLAUDE_MODEL,
    dataDir: settings.DATA_DIR,
    maxThinkingTokens: settings.MAX_THINKING_TOKENS,
    environment: passage(settings)
  })
  return collect(chosen === "scripted" ? [scripted, claude] : [claude, scripted])
})
