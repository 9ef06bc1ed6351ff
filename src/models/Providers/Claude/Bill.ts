import type { SDKMessage, SDKPartialAssistantMessage, SDKResultMessage } from "@anthropic-ai/claude-agent-sdk"
import { Option, Schema } from "effect"
import type { SessionSpec, TurnInput } from "../../../domain/Provider.ts"
import type { Tokens } from "../../../domain/Usage.ts"
import * as Prices from "../Prices.ts"
import * as Tally from "../Tally.ts"
import { isItsOwn } from "./Message.ts"

/** What the turns of a session take, read from all that the client tells. */
export interface Bill {
  /** A turn begins. */
  readonly open: (spend: TurnInput["spend"]) => void
  /** The turn is over: nobody asks any more what it takes. */
  readonly close: () => void
  readonly note: (message: SDKMessage) => void
}

const nobody: TurnInput["spend"] = () => {}

export const make = ({ resume }: SessionSpec, named: Prices.Prices): Bill => {
  const prices = { ...Prices.claude, ...named }
  const tallyOf = (spend: TurnInput["spend"]) =>
    Tally.make(spend, ({ model, tokens }) => Prices.costOf(prices, model, tokens))
  let tally = tallyOf(nobody)
  let model = ""
  let tokens: Tokens = none
  let heard = 0
  /** The request of which nothing has been told yet is counted. */
  let isAsked = false
  /** What the session had cost when its last turn ended; null after a resume, until the first turn tells. */
  let spentUsd = resume === null ? 0 : null

  const asked = () => {
    if (!isAsked) tally.asked()
    isAsked = true
    tokens = none
    heard = 0
  }

  const told = (more: Partial<ReadFrom>) => {
    isAsked = false
    tokens = {
      inputTokens: more.input_tokens ?? tokens.inputTokens,
      outputTokens: more.output_tokens ?? tokens.outputTokens,
      cacheReadTokens: more.cache_read_input_tokens ?? tokens.cacheReadTokens,
      cacheWriteTokens: more.cache_creation_input_tokens ?? tokens.cacheWriteTokens
    }
    tally.told({ model, tokens, costUsd: null }, heard)
  }

  const follow = ({ event }: SDKPartialAssistantMessage) => {
    switch (event.type) {
      case "message_start":
        asked()
        model = event.message.model
        return told(event.message.usage)
      case "content_block_delta":
        heard += sizeOf(event.delta)
        return tally.heard(heard)
      case "message_delta":
        return told(event.usage)
      default:
        return
    }
  }

  const withdraw = (message: Extract<SDKMessage, { readonly type: "system" }>) => {
    if (message.subtype !== "api_retry" || message.error_status === null) return
    isAsked = false
    tally.refused()
  }

  const sumUp = (result: SDKResultMessage) => {
    const costUsd = spentUsd === null ? sinceLast(result) : result.total_cost_usd - spentUsd
    spentUsd = result.total_cost_usd
    isAsked = false
    const { cache_creation_input_tokens, cache_read_input_tokens, input_tokens, output_tokens } = result.usage
    const sum = {
      inputTokens: input_tokens,
      outputTokens: output_tokens,
      cacheReadTokens: cache_read_input_tokens,
      cacheWriteTokens: cache_creation_input_tokens
    }
    tally.summedUp({ ...sum, costUsd: isPriced(result) ? costUsd : Prices.costOf(prices, model, sum) })
  }

  return {
    open: (spend) => {
      tally = tallyOf(spend)
      isAsked = false
      asked()
    },
    close: () => {
      tally = tallyOf(nobody)
    },
    note: (message) => {
      if (message.type === "stream_event") follow(message)
      else if (message.type === "result") sumUp(message)
      else if (message.type === "system") withdraw(message)
      // The results of tools are about to go to the model.
      else if (message.type === "user" && !isItsOwn(message)) asked()
    }
  }
}

const none: Tokens = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 }

type Delta = Extract<SDKPartialAssistantMessage["event"], { readonly type: "content_block_delta" }>["delta"]

const sizeOf = (delta: Delta) => {
  switch (delta.type) {
    case "text_delta":
      return delta.text.length
    case "thinking_delta":
      return delta.thinking.length
    case "input_json_delta":
      return delta.partial_json.length
    default:
      return 0
  }
}

interface ReadFrom {
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly cache_read_input_tokens: number | null
  readonly cache_creation_input_tokens: number | null
}

const isPriced = ({ modelUsage }: SDKResultMessage) =>
  Object.values(modelUsage).every(({ costBasis }) => costBasis !== "unknown")

// The type lacks this field; after a resume nothing else tells this turn's cost from that of the turns before.
const SinceLast = Schema.Struct({
  model_usage_since_last_result: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ costUSD: Schema.Number })
  })
})

const sinceLast = (result: SDKResultMessage) =>
  Option.match(Schema.decodeUnknownOption(SinceLast)(result), {
    onNone: () => null,
    onSome: (found) => Object.values(found.model_usage_since_last_result).reduce((sum, { costUSD }) => sum + costUSD, 0)
  })
