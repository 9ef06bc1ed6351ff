import { Array, Context, Effect, Layer, Option, Record, Redacted, Struct } from "effect"
import { Passage } from "./domain/Passage.ts"
import type { Provider } from "./domain/Provider.ts"
import { ProviderUnknown } from "./domain/Room.ts"
import * as Anthropic from "./Providers/Anthropic.ts"
import * as Claude from "./Providers/Claude.ts"
import * as Prices from "./Providers/Http/Prices.ts"
import * as OpenAi from "./Providers/OpenAi.ts"
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
  /** Those that the settings let in, in the order in which they are preferred; always the scripted one. */
  static readonly layer = Layer.scoped(
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

/** How each provider that the settings let in is made, in the order in which they are preferred. Starts nothing. */
export const configured = Effect.map(Settings, (settings) => {
  const { ANTHROPIC_AUTH_TOKEN, OPENAI_API_KEY, OPENAI_BASE_URL } = settings
  const apiKey = Option.orElse(settings.ANTHROPIC_API_KEY, () => settings.CLAUDE_API_KEY)
  const proxies = { http: settings.HTTP_PROXY, https: settings.HTTPS_PROXY, except: settings.NO_PROXY }
  const prices = Prices.read(settings.MODEL_PRICES)

  const claude = Claude.make({
    apiKey,
    baseUrl: settings.ANTHROPIC_BASE_URL,
    model: settings.USE_HAIKU ? "haiku" : settings.CLAUDE_MODEL,
    dataDir: settings.DATA_DIR,
    maxThinkingTokens: settings.MAX_THINKING_TOKENS,
    environment: passage(settings)
  })
  const anthropic = Anthropic.make({
    apiKey,
    authToken: ANTHROPIC_AUTH_TOKEN,
    baseUrl: settings.ANTHROPIC_BASE_URL,
    model: settings.ANTHROPIC_MODEL,
    maxOutputTokens: settings.MAX_OUTPUT_TOKENS,
    maxThinkingTokens: settings.MAX_THINKING_TOKENS,
    prices,
    proxies
  })
  const openai = OpenAi.make({
    apiKey: OPENAI_API_KEY,
    baseUrl: OPENAI_BASE_URL,
    model: settings.OPENAI_MODEL,
    maxOutputTokens: settings.MAX_OUTPUT_TOKENS,
    prices,
    proxies
  })

  const has = (...waysIn: ReadonlyArray<Option.Option<unknown>>) => waysIn.some(Option.isSome)
  const hasKey = has(apiKey, ANTHROPIC_AUTH_TOKEN)
  const isElsewhere = has(settings.CLAUDE_CODE_USE_BEDROCK, settings.CLAUDE_CODE_USE_VERTEX)
  return {
    ...(hasKey || isElsewhere ? { claude } : {}),
    ...(hasKey ? { anthropic } : {}),
    ...(has(OPENAI_API_KEY, OPENAI_BASE_URL) ? { openai } : {})
  }
})

const make = Effect.gen(function* () {
  const settings = yield* Settings
  const scripted = Scripted.make({ paceMs: settings.SCRIPTED_PACE_MS })
  const vendors = yield* Effect.flatMap(configured, (found) => Effect.all(Object.values(found)))
  const all: Array.NonEmptyReadonlyArray<Provider> = Array.append(vendors, scripted)
  if (Option.isNone(settings.DEFAULT_PROVIDER)) return collect(all)
  const chosen = settings.DEFAULT_PROVIDER.value
  const [others, [first]] = Array.partition(all, ({ name }) => name === chosen)
  return first === undefined
    ? yield* new SettingsInvalid({ problems: [`DEFAULT_PROVIDER: ${chosen} needs ${needs[chosen]}`] })
    : collect([first, ...others])
})

const needs = {
  claude: "ANTHROPIC_API_KEY or another way in",
  anthropic: "ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN",
  openai: "OPENAI_BASE_URL or OPENAI_API_KEY",
  scripted: "nothing"
}
