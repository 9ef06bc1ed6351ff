import { Effect, Option, Redacted } from "effect"
import type { Part, TurnInput } from "../../src/domain/Provider.ts"
import * as Anthropic from "../../src/models/Providers/Anthropic.ts"
import type { AnthropicConfig } from "../../src/models/Providers/Anthropic.ts"
import type { Proxies } from "../../src/models/Providers/Http/Dispatcher.ts"
import * as OpenAi from "../../src/models/Providers/OpenAi.ts"
import type { OpenAiConfig } from "../../src/models/Providers/OpenAi.ts"
import * as ChatApi from "./ChatApi.ts"
import { input, key } from "./ClaudeHouse.ts"
import * as MessagesApi from "./MessagesApi.ts"

const proxies: Proxies = { http: Option.none(), https: Option.none(), except: Option.none() }

export const anthropicAt = (url: string, more: Partial<AnthropicConfig> = {}) =>
  Anthropic.make({
    apiKey: Option.some(Redacted.make(key)),
    authToken: Option.none(),
    baseUrl: Option.some(url),
    model: "claude-sonnet-4-5",
    maxOutputTokens: 8192,
    maxThinkingTokens: 0,
    prices: {},
    proxies,
    ...more
  })

export const openAiAt = (url: string, more: Partial<OpenAiConfig> = {}) =>
  OpenAi.make({
    name: "openai",
    apiKey: Option.some(Redacted.make(key)),
    baseUrl: Option.some(url),
    model: Option.some("model-a"),
    maxOutputTokens: 8192,
    prices: {},
    proxies,
    ...more
  })

/** The provider in front of a Messages API of the test's own. */
export const makeAnthropic = Effect.fnUntraced(function* (more: Partial<AnthropicConfig> = {}) {
  const api = yield* MessagesApi.make()
  return { api, provider: yield* anthropicAt(api.url, more) }
})

/** The provider in front of a chat completions endpoint of the test's own. */
export const makeOpenAi = Effect.fnUntraced(function* (more: Partial<OpenAiConfig> = {}) {
  const api = yield* ChatApi.make()
  return { api, provider: yield* openAiAt(api.url, more) }
})

export const other = (text: string): Part => ({ text, own: null })
export const own = (words: string, cutOff: string | null = null): Part => ({
  text: `alice said: ${words}`,
  own: { words, cutOff }
})

/** A turn in which the model is told all of this. */
export const turn = (parts: ReadonlyArray<Part>, more: Partial<TurnInput> = {}): TurnInput => ({
  ...input("It is your turn, alice."),
  parts,
  ...more
})
