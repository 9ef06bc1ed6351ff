import { Array, Option, ParseResult, Redacted, Schema } from "effect"
import { ContextTokens, leastWindow } from "./ContextSize.ts"

/** The providers that Parley has by itself. */
export const ownProviders = ["claude", "anthropic", "openai", "scripted"] as const
const taken = [...ownProviders, "default"]

export const isAddress = (url: string) => /^https?:/.test(url) && URL.canParse(url)

const mostEndpoints = 100

// What stands there instead is not told: it may be a key.
const whole = (what: string) => ({ message: () => `expected ${what}` })
const value = (what: string) => ({ message: () => ({ message: `expected ${what}`, override: true }) })

const required = (what: string, is: (text: string) => boolean) =>
  Schema.propertySignature(Schema.String.pipe(Schema.filter(is), Schema.annotations(value(what)))).annotations({
    missingMessage: () => `is missing: expected ${what}`
  })

const optional = <A>(schema: Schema.Schema<A>, what: string) =>
  Schema.optionalWith(schema.annotations(value(what)), { exact: true })

const aName = `a name of 1 to 40 lower-case letters, digits, "-" and "_", other than ${taken.join(", ")}`

/** An endpoint of the chat completions protocol. */
export const Endpoint = Schema.Struct({
  name: required(aName, (name) => /^[a-z0-9_-]{1,40}$/.test(name) && !taken.includes(name)),
  url: required("a http or https address", isAddress),
  key: optional(Schema.NonEmptyString, "a key that is not empty"),
  model: optional(Schema.NonEmptyString, "the name of a model"),
  /** The window of its models of which its list tells none. */
  context_tokens: optional(ContextTokens, `a whole number of tokens, from ${leastWindow}`)
}).annotations({
  ...whole(`an object as {"name":"groq","url":"https://…/v1"}`),
  parseOptions: { onExcessProperty: "error" }
})
export type Endpoint = typeof Endpoint.Type

const isRepeated = ({ name }: Endpoint, at: number, all: ReadonlyArray<Endpoint>) =>
  all.findIndex((other) => other.name === name) < at

const anArray = whole(`a JSON array of at most ${mostEndpoints} endpoints`)

const All = Schema.Array(Endpoint).pipe(
  Schema.annotations(anArray),
  Schema.maxItems(mostEndpoints),
  Schema.annotations(anArray),
  Schema.filter((all) => {
    const at = all.findIndex(isRepeated)
    return at === -1 ? undefined : { path: [at, "name"], message: "expected a name that no other endpoint has" }
  })
)

const Json = Schema.transformOrFail(Schema.String, Schema.Unknown, {
  strict: true,
  decode: (text, _, ast) =>
    ParseResult.mapError(
      ParseResult.decode(Schema.parseJson())(text),
      () => new ParseResult.Type(ast, text, `expected a JSON array as [{"name":"groq","url":"https://…/v1"}]`)
    ),
  encode: (data) => ParseResult.encode(Schema.parseJson())(data)
})

/** Endpoints as a person writes them, keys included. */
export const Endpoints = Schema.Redacted(Schema.compose(Json, All))

interface Names {
  readonly OPENAI_ENDPOINTS: Option.Option<Redacted.Redacted<ReadonlyArray<Endpoint>>>
  readonly DEFAULT_PROVIDER: Option.Option<string>
  readonly PROVIDER_ALIASES: ReadonlyArray<string>
}

export const endpointsOf = ({ OPENAI_ENDPOINTS }: Pick<Names, "OPENAI_ENDPOINTS">): ReadonlyArray<Endpoint> =>
  Option.match(OPENAI_ENDPOINTS, { onNone: () => [], onSome: Redacted.value })

/** Every name that a provider can have, whether it is configured or not. */
export const providerNames = (settings: Pick<Names, "OPENAI_ENDPOINTS">): ReadonlyArray<string> => [
  ...ownProviders,
  ...endpointsOf(settings).map(({ name }) => name)
]

/** What an alias stands for: `openai` in `codex=openai`. */
export const aliased = (alias: string) => alias.slice(alias.lastIndexOf("=") + 1)

/** Settings that name a provider which cannot be. */
export const strangers = (settings: Names): ReadonlyArray<string> => {
  const names = providerNames(settings)
  const isKnown = (name: string) => names.includes(name)
  const expected = `expected ${names.join(" or ")}`
  const aliases = settings.PROVIDER_ALIASES.filter((alias) => ![...names, "default"].includes(aliased(alias)))
  return [
    ...Option.toArray(settings.DEFAULT_PROVIDER)
      .filter((name) => !isKnown(name))
      .map((name) => `DEFAULT_PROVIDER: ${expected}, found "${name}"`),
    ...Array.map(aliases, (alias) => `PROVIDER_ALIASES: ${expected} or default, found "${alias}"`)
  ]
}
