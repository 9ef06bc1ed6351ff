import type {
  SDKAPIRetryMessage,
  SDKMessage,
  SDKPartialAssistantMessage,
  SDKResultMessage
} from "@anthropic-ai/claude-agent-sdk"
import { Either, Option, Schema } from "effect"
import {
  Crashed,
  InvalidRequest,
  Overloaded,
  ProviderEvent,
  type ProviderError,
  RateLimited,
  SessionLost,
  type SessionSpec,
  TimedOut,
  Unauthorized
} from "../../domain/Provider.ts"
import * as Bookmark from "./Bookmark.ts"

/** What is known from the messages before. */
export interface Memory {
  readonly model: string
  readonly hasHistory: boolean
  /** What the session had cost when its last turn ended; null after a resume, until the first turn tells. */
  readonly spentUsd: number | null
  /** Text was heard of an answer that has not come to its end. */
  readonly isHalfSaid: boolean
  /** An answer has begun that has not come to its end. */
  readonly isBegun: boolean
  /** The newest entry of the client's record. */
  readonly entry: string | null
}

export const first = ({ model, resume }: SessionSpec): Memory => ({
  model,
  hasHistory: resume !== null,
  spentUsd: resume === null ? 0 : null,
  isHalfSaid: false,
  isBegun: false,
  entry: null
})

export type Heard = Either.Either<ProviderEvent, ProviderError>

/** One message of the client: what it means for the turn, if anything, and what to remember of it. */
export const read =
  (hide: (text: string) => string) =>
  (memory: Memory, message: SDKMessage): readonly [Memory, Option.Option<Heard>] => {
    switch (message.type) {
      case "stream_event":
        return [follow(memory, message), isAbandoned(memory, message) ? given(brokenOff(memory)) : readDelta(message)]
      case "system":
        return [memory, message.subtype === "api_retry" ? given(readRetry(memory, message)) : Option.none()]
      case "result":
        return readResult(memory, message, hide)
      case "assistant":
      case "user":
        return [{ ...memory, entry: message.uuid ?? memory.entry }, Option.none()]
      default:
        return [memory, Option.none()]
    }
  }

const follow = (memory: Memory, { event }: SDKPartialAssistantMessage): Memory => {
  switch (event.type) {
    case "message_start":
      return { ...memory, model: event.message.model, isBegun: true }
    case "content_block_delta":
      return event.delta.type === "text_delta" ? { ...memory, isHalfSaid: true } : memory
    case "message_delta":
      return event.delta.stop_reason === null ? memory : { ...memory, isHalfSaid: false, isBegun: false }
    default:
      return memory
  }
}

const given = (error: ProviderError) => Option.some(Either.left(error))

/** The client has closed an answer that had not come to its end, and may ask again without a word. */
const isAbandoned = ({ isBegun }: Memory, { event }: SDKPartialAssistantMessage) =>
  isBegun && event.type === "message_stop"

const brokenOff = ({ isHalfSaid }: Memory, retryAfterMs: number | null = null) =>
  isHalfSaid ? new Crashed({ reason: "the answer broke off in the middle" }) : new Overloaded({ retryAfterMs })

const readDelta = ({ event }: SDKPartialAssistantMessage): Option.Option<Heard> => {
  if (event.type !== "content_block_delta") return Option.none()
  switch (event.delta.type) {
    case "text_delta":
      return Option.some(Either.right(ProviderEvent.TextDelta({ text: event.delta.text })))
    case "thinking_delta":
      return Option.some(Either.right(ProviderEvent.ThinkingDelta({ text: event.delta.thinking })))
    default:
      return Option.none()
  }
}

// The client's own first pause is at most 625 ms; a longer one is the provider's `retry-after`.
const ownPauseMs = 700

/** The client is about to ask again, which is for the caller to decide: the turn ends here. */
const readRetry = (memory: Memory, retry: SDKAPIRetryMessage): ProviderError => {
  if (retry.no_response !== undefined)
    return new TimedOut({ phase: "first_token", afterMs: retry.no_response.waited_ms })
  const retryAfterMs = retry.retry_delay_ms > ownPauseMs ? retry.retry_delay_ms : null
  if (isRefusal(retry.error_status)) return refusal(retry.error_status, retryAfterMs)
  return brokenOff(memory, retryAfterMs)
}

const isRefusal = (status: unknown): status is 401 | 403 | 429 | 529 =>
  status === 401 || status === 403 || status === 429 || status === 529

const refusal = (status: 401 | 403 | 429 | 529, retryAfterMs: number | null) => {
  switch (status) {
    case 429:
      return new RateLimited({ retryAfterMs })
    case 529:
      return new Overloaded({ retryAfterMs })
    default:
      return new Unauthorized()
  }
}

const readResult = (
  memory: Memory,
  result: SDKResultMessage,
  hide: (text: string) => string
): readonly [Memory, Option.Option<Heard>] => {
  const next = { ...memory, hasHistory: true, spentUsd: result.total_cost_usd, isHalfSaid: false, isBegun: false }
  if (result.is_error) return [next, Option.some(Either.left(failure(memory, result, hide)))]
  const { entry, model, spentUsd } = memory
  const done = ProviderEvent.Done({
    sessionId: entry === null ? null : Bookmark.write({ session: result.session_id, entry }),
    model,
    finishReason: result.stop_reason,
    usage: {
      inputTokens: result.usage.input_tokens,
      outputTokens: result.usage.output_tokens,
      cacheReadTokens: result.usage.cache_read_input_tokens,
      cacheWriteTokens: result.usage.cache_creation_input_tokens,
      costUsd: isPriced(result) ? (spentUsd === null ? sinceLast(result) : result.total_cost_usd - spentUsd) : null
    }
  })
  return [next, Option.some(Either.right(done))]
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

/** With all the images that a session has gathered, a request can outgrow what the provider takes. */
const tooLarge = 413

const failure = (memory: Memory, result: SDKResultMessage, hide: (text: string) => string): ProviderError => {
  const reason = hide(result.subtype === "success" ? result.result : result.errors.join("; "))
  const status = result.subtype === "success" ? (result.api_error_status ?? null) : null
  if (/^No (conversation|message) found with/.test(reason)) return new SessionLost()
  const isFull = result.terminal_reason === "prompt_too_long" || result.terminal_reason === "blocking_limit"
  if (isFull || status === tooLarge) return memory.hasHistory ? new SessionLost() : new InvalidRequest({ reason })
  if (isRefusal(status)) return refusal(status, null)
  if (status === null) return new Crashed({ reason })
  return status >= 500 ? new Overloaded({ retryAfterMs: null }) : new InvalidRequest({ reason })
}
