import { Effect, Option, Redacted, Schema } from "effect"
import type { Provider } from "../../domain/Provider.ts"
import { InvalidRequest } from "../../domain/ProviderError.ts"
import { stringify } from "../../lib/json.ts"
import { addresses } from "./Http/Address.ts"
import type { Proxies } from "./Http/Dispatcher.ts"
import { asking, inBackground, kept, publish } from "./Http/Models.ts"
import * as Prices from "./Prices.ts"
import type { Protocol } from "./Http/Protocol.ts"
import * as Transport from "./Http/Transport.ts"
import { session } from "./Http/Turn.ts"
import { listen } from "./OpenAi/Answer.ts"
import { type Message, messagesOf, requestOf } from "./OpenAi/Request.ts"
import { hidingAll } from "./Secrets.ts"
import * as ModelTraits from "../../domain/ModelTraits.ts"

export interface OpenAiConfig {
  readonly name: string
  /** A local server needs none. */
  readonly apiKey: Option.Option<Redacted.Redacted>
  readonly baseUrl: Option.Option<string>
  /** Where none is named: the first that the endpoint lists. */
  readonly model: Option.Option<string>
  /** The window of the models of which the endpoint's list tells none. */
  readonly contextTokens?: number
  readonly maxOutputTokens: number
  readonly prices: Prices.Prices
  readonly proxies: Proxies
}

/** A room's word for whatever model the endpoint lists first. */
const whicheverIsFirst = "default"

const Listed = Schema.parseJson(
  Schema.Struct({
    data: Schema.Array(Schema.Struct({ id: Schema.String }, { key: Schema.String, value: Schema.Unknown }))
  })
)
const mostListed = 1000

/** Any endpoint of the chat completions protocol: a vendor, a router, a local server. */
export const make = Effect.fnUntraced(function* (config: OpenAiConfig) {
  const transport = yield* Transport.make(config.proxies)
  const url = Option.getOrElse(config.baseUrl, () => "https://api.openai.com/v1")
  const at = addresses(url, "/chat/completions", "/completions", "/models", "/responses")
  const chat = at("/chat/completions")
  const key = Option.map(config.apiKey, Redacted.value)
  const hide = hidingAll(Option.toArray(key))
  const headers = {
    "content-type": "application/json",
    ...Option.match(key, { onNone: () => ({}), onSome: (value) => ({ authorization: `Bearer ${value}` }) })
  }
  const traits = ModelTraits.make(config.contextTokens)
  const endpoint = { url, maxOutputTokens: config.maxOutputTokens }
  const ask = asking(transport, hide)
  const models = kept(
    Effect.map(ask({ method: "GET", url: at("/models"), headers }, Schema.decodeOption(Listed)), ({ data }) => {
      const listed = data.slice(0, mostListed)
      publish(traits, [...listed.slice(0, 1).map((it) => ({ ...it, id: whicheverIsFirst })), ...listed])
      return listed.map(({ id }) => ({ id, name: id }))
    })
  )
  const askForModels = yield* inBackground(models)
  const first = Effect.flatMap(models, ([model]) =>
    model === undefined ? new InvalidRequest({ reason: "the endpoint lists no model" }) : Effect.succeed(model.id)
  )
  const protocol: Protocol<Message> = {
    model: ({ model }) => (model === whicheverIsFirst ? first : Effect.succeed(model)),
    begin: messagesOf,
    traits,
    ask: (spec, known, told) => {
      const { body, sent } = requestOf(spec, known, endpoint, told)
      return { call: { method: "POST", url: chat, headers, body: stringify(body) }, sent }
    },
    listen: listen(hide),
    results: (results) => results.map(({ id, text }) => ({ role: "tool", tool_call_id: id, content: text })),
    told: (content) => ({ role: "user", content }),
    costOf: (model, spent) => Prices.costOf(config.prices, model, spent) ?? (Option.isNone(key) ? 0 : null),
    hide
  }
  return {
    name: config.name,
    isModel: true,
    takesImages: true,
    defaultModel: Option.getOrElse(config.model, () => whicheverIsFirst),
    remembers: false,
    takes: "connection",
    models,
    traits,
    open: (spec) => Effect.as(askForModels, session(transport, protocol, spec))
  } satisfies Provider
})
