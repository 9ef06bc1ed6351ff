import { Effect, Option, Redacted } from "effect"
import type { Provider } from "../../domain/Provider.ts"
import { stringify } from "../../lib/json.ts"
import { listen } from "./Anthropic/Answer.ts"
import * as Models from "./Anthropic/Models.ts"
import { type Message, messagesOf, requestOf } from "./Anthropic/Request.ts"
import { addresses } from "./Http/Address.ts"
import type { Proxies } from "./Http/Dispatcher.ts"
import { asking, inBackground, kept } from "./Http/Models.ts"
import * as Prices from "./Prices.ts"
import type { Protocol } from "./Http/Protocol.ts"
import * as Transport from "./Http/Transport.ts"
import { session } from "./Http/Turn.ts"
import { hidingAll } from "./Secrets.ts"
import * as ModelTraits from "../../domain/ModelTraits.ts"

export interface AnthropicConfig {
  readonly apiKey: Option.Option<Redacted.Redacted>
  /** Of a gateway, beside the key or in its place. */
  readonly authToken: Option.Option<Redacted.Redacted>
  readonly baseUrl: Option.Option<string>
  readonly model: string
  readonly maxOutputTokens: number
  /** 0 turns thinking off. */
  readonly maxThinkingTokens: number
  readonly prices: Prices.Prices
  readonly proxies: Proxies
}

/** The Messages API without a client of its vendor: a session is no more than a connection while it speaks. */
export const make = Effect.fnUntraced(function* (config: AnthropicConfig) {
  const transport = yield* Transport.make(config.proxies)
  const url = Option.getOrElse(config.baseUrl, () => "https://api.anthropic.com")
  const at = addresses(url, "/v1/messages", "/v1/models", "/v1")
  const messages = at("/v1/messages")
  const headers = {
    "content-type": "application/json",
    "anthropic-version": "2023-06-01",
    ...Option.match(config.apiKey, { onNone: () => ({}), onSome: (key) => ({ "x-api-key": Redacted.value(key) }) }),
    ...Option.match(config.authToken, {
      onNone: () => ({}),
      onSome: (token) => ({ authorization: `Bearer ${Redacted.value(token)}` })
    })
  }
  const hide = hidingAll([config.apiKey, config.authToken].flatMap(Option.toArray).map(Redacted.value))
  const traits = ModelTraits.make()
  const prices = { ...Prices.claude, ...config.prices }
  const models = kept(Models.list(asking(transport, hide), at, headers, traits))
  const askForModels = yield* inBackground(models)
  const protocol: Protocol<Message> = {
    model: ({ model }) => Effect.succeed(model),
    begin: (_, input) => messagesOf(input),
    traits,
    ask: (spec, known, told) => {
      const { body, sent } = requestOf(spec, known, config, told)
      return { call: { method: "POST", url: messages, headers, body: stringify(body) }, sent }
    },
    listen: listen(hide),
    results: (results) => [
      {
        role: "user",
        content: results.map(({ id, isError, text }) => ({
          type: "tool_result",
          tool_use_id: id,
          content: text,
          is_error: isError
        }))
      }
    ],
    told: (text) => ({ role: "user", content: [{ type: "text", text }] }),
    costOf: (model, spent) => Prices.costOf(prices, model, spent),
    hide
  }
  return {
    name: "anthropic",
    isModel: true,
    takesImages: true,
    defaultModel: config.model,
    remembers: false,
    takes: "connection",
    models,
    traits,
    open: (spec) => Effect.as(askForModels, session(transport, protocol, spec))
  } satisfies Provider
})
