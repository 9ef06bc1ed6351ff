import { Array, Context, Effect, Layer, Option, Record, Redacted, type Scope, Struct } from "effect"
import { aliased, type Endpoint, endpointsOf } from "../domain/Endpoint.ts"
import { Passage } from "../domain/Passage.ts"
import type { Provider } from "../domain/Provider.ts"
import { ProviderUnknown } from "../domain/Room.ts"
import * as Anthropic from "./Providers/Anthropic.ts"
import * as Claude from "./Providers/Claude.ts"
import * as Prices from "./Providers/Prices.ts"
import * as OpenAi from "./Providers/OpenAi.ts"
import * as Scripted from "./Providers/Scripted.ts"
import { Settings, SettingsInvalid } from "../process/Settings.ts"

/** The providers that are configured; the first is the default. */
export class Providers extends Context.Tag("parley/models/Providers")<
  Providers,
  {
    readonly all: Array.NonEmptyReadonlyArray<Provider>
    /**
     * The provider that is named, the default where none is. One that is not here gives way to what `PROVIDER_ALIASES`
     * has for its name; a model that was meant for it is not taken.
     */
    readonly choose: (wanted: Wanted) => Effect.Effect<Choice, ProviderUnknown>
  }
>() {
  /** Those that the settings let in, in the order in which they are preferred; always the scripted one. */
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )

  static readonly layerOf = (...all: Array.NonEmptyArray<Provider>) => Layer.succeed(this, collect(all))
}

interface Wanted {
  readonly provider: string | null | undefined
  readonly model: string | null | undefined
}

interface Choice {
  readonly provider: Provider
  /** Null leaves it to the settings and the provider. */
  readonly model: string | null
}

/** A name that no provider here has, and what stands in for it. */
export type Aliases = ReadonlyMap<string, string>

export const aliasesOf = ({ PROVIDER_ALIASES }: Pick<Settings["Type"], "PROVIDER_ALIASES">): Aliases =>
  new Map(PROVIDER_ALIASES.map((item) => [item.slice(0, item.lastIndexOf("=")), aliased(item)]))

const collect = (all: Array.NonEmptyReadonlyArray<Provider>, aliases: Aliases = new Map()) => {
  const named = (name: string | undefined) =>
    name === "default" ? Option.some(all[0]) : Array.findFirst(all, (provider) => provider.name === name)
  return Providers.of({
    all,
    choose: ({ model = null, provider: name }) => {
      if (!name) return Effect.succeed({ provider: all[0], model })
      const own = Array.findFirst(all, (provider) => provider.name === name)
      if (Option.isSome(own)) return Effect.succeed({ provider: own.value, model })
      return Option.match(named(aliases.get(name)), {
        onNone: () =>
          ProviderUnknown.of(
            name,
            Array.map(all, (provider) => provider.name)
          ),
        onSome: (provider) => Effect.succeed({ provider, model: null })
      })
    }
  })
}

/** What the settings let through to the processes of a provider. */
const passage = (settings: Settings["Type"]) => {
  const chosen = Struct.pick(settings, ...Struct.keys(Passage))
  return Record.filterMap(chosen, (value: Option.Option<string | Redacted.Redacted>) =>
    Option.map(value, (it) => (Redacted.isRedacted(it) ? Redacted.value(it) : it))
  )
}

/** A provider over HTTP that is not made yet. */
interface Vendor {
  readonly name: string
  readonly make: Effect.Effect<Provider, never, Scope.Scope>
}

/**
 * How each provider that the settings let in is made, in the order in which they are preferred. Starts nothing. The
 * Claude client is given the folder in which it keeps its files.
 */
export const configured = Effect.map(Settings, (settings) => {
  const { ANTHROPIC_AUTH_TOKEN, OPENAI_API_KEY, OPENAI_BASE_URL } = settings
  const apiKey = Option.orElse(settings.ANTHROPIC_API_KEY, () => settings.CLAUDE_API_KEY)
  const proxies = { http: settings.HTTP_PROXY, https: settings.HTTPS_PROXY, except: settings.NO_PROXY }
  const prices = Prices.read(settings.MODEL_PRICES)

  const claude = (dataDir: string) =>
    Claude.make({
      apiKey,
      baseUrl: settings.ANTHROPIC_BASE_URL,
      model: settings.USE_HAIKU ? "haiku" : settings.CLAUDE_MODEL,
      dataDir,
      maxOutputTokens: settings.MAX_OUTPUT_TOKENS,
      prices,
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
  const chat = { maxOutputTokens: settings.MAX_OUTPUT_TOKENS, prices, proxies }
  const openai = OpenAi.make({
    name: "openai",
    apiKey: OPENAI_API_KEY,
    baseUrl: OPENAI_BASE_URL,
    model: settings.OPENAI_MODEL,
    ...chat
  })
  const endpoint = ({ context_tokens, key, model, name, url }: Endpoint): Vendor => ({
    name,
    make: OpenAi.make({
      name,
      apiKey: Option.map(Option.fromNullable(key), Redacted.make),
      baseUrl: Option.some(url),
      model: Option.fromNullable(model),
      ...(context_tokens === undefined ? {} : { contextTokens: context_tokens }),
      ...chat
    })
  })

  const has = (...waysIn: ReadonlyArray<Option.Option<unknown>>) => waysIn.some(Option.isSome)
  const hasKey = has(apiKey, ANTHROPIC_AUTH_TOKEN)
  const isElsewhere = has(settings.CLAUDE_CODE_USE_BEDROCK, settings.CLAUDE_CODE_USE_VERTEX)
  const vendors: ReadonlyArray<Vendor> = [
    ...(hasKey ? [{ name: "anthropic", make: anthropic }] : []),
    ...(has(OPENAI_API_KEY, OPENAI_BASE_URL) ? [{ name: "openai", make: openai }] : []),
    ...endpointsOf(settings).map(endpoint)
  ]
  return { claude: hasKey || isElsewhere ? Option.some(claude) : Option.none(), vendors }
})

/** The name of the default, without any provider being made. */
export const defaultName = Effect.zipWith(Settings, configured, ({ DEFAULT_PROVIDER }, { claude, vendors }) =>
  Option.getOrElse(DEFAULT_PROVIDER, () => (Option.isSome(claude) ? "claude" : (vendors[0]?.name ?? "scripted")))
)

const make = Effect.gen(function* () {
  const settings = yield* Settings
  const scripted = Scripted.make({ paceMs: settings.SCRIPTED_PACE_MS })
  const found = yield* configured
  const claude = yield* Effect.transposeOption(Option.map(found.claude, (make) => make(settings.DATA_DIR)))
  const vendors = yield* Effect.forEach(found.vendors, ({ make }) => make)
  const all: Array.NonEmptyReadonlyArray<Provider> = Array.append([...Option.toArray(claude), ...vendors], scripted)
  const aliases = aliasesOf(settings)
  const problems = settings.PROVIDER_ALIASES.flatMap((item) => {
    const missing = needs.get(aliased(item))
    return missing === undefined || all.some(({ name }) => name === aliased(item))
      ? []
      : [`PROVIDER_ALIASES: ${item} needs ${missing}`]
  })
  if (problems.length > 0) return yield* new SettingsInvalid({ problems })
  if (Option.isNone(settings.DEFAULT_PROVIDER)) return collect(all, aliases)
  const chosen = settings.DEFAULT_PROVIDER.value
  const [others, [first]] = Array.partition(all, ({ name }) => name === chosen)
  return first === undefined
    ? yield* new SettingsInvalid({ problems: [`DEFAULT_PROVIDER: ${chosen} needs ${needs.get(chosen)}`] })
    : collect([first, ...others], aliases)
})

/** What lets a provider in that is not here. */
const needs: ReadonlyMap<string, string> = new Map([
  ["claude", "ANTHROPIC_API_KEY or another way in"],
  ["anthropic", "ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN"],
  ["openai", "OPENAI_BASE_URL or OPENAI_API_KEY"]
])
