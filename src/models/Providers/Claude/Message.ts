import type {
  SDKAPIRetryMessage,
  SDKMessage,
  SDKPartialAssistantMessage,
  SDKResultMessage,
  SDKUserMessage
} from "@anthropic-ai/claude-agent-sdk"
import { Either, Option } from "effect"
import { ProviderEvent, type SessionSpec, turnLimits } from "../../../domain/Provider.ts"
import {
  ContextExceeded,
  Crashed,
  Overloaded,
  type ProviderError,
  SessionLost,
  TimedOut,
  TooManyToolCalls,
  Unauthorized
} from "../../../domain/ProviderError.ts"
import { classify } from "../Classify.ts"
import { finishOf } from "../Finish.ts"
import { silence } from "../Silence.ts"
import * as Bookmark from "./Bookmark.ts"

/** What is known from the messages before. */
export interface Memory {
  readonly model: string
  readonly hasHistory: boolean
  /** Text was heard of an answer that has not come to its end. */
  readonly isHalfSaid: boolean
  /** An answer has begun that has not come to its end. */
  readonly isBegun: boolean
  /** The newest entry of the client's record. */
  readonly entry: string | null
  /** Of the turn, as far as they were answered. */
  readonly requests: number
  /** Why the model stopped the last time. */
  readonly stopReason: string | null
  /** Of the turn: whether the model has said something, and thought. */
  readonly hasSpoken: boolean
  readonly hasThought: boolean
  /** What the client says went wrong, in its own word. */
  readonly trouble: string | null
}

export const first = ({ model, resume }: SessionSpec): Memory => ({
  model,
  hasHistory: resume !== null,
  isHalfSaid: false,
  isBegun: false,
  entry: null,
  ...unheard
})

const unheard = { requests: 0, stopReason: null, hasSpoken: false, hasThought: false, trouble: null }

export type Heard = Either.Either<ProviderEvent, ProviderError>

/** One message of the client: what it means for the turn, if anything, and what to remember of it. */
export const read =
  (hide: (text: string) => string) =>
  (memory: Memory, message: SDKMessage): readonly [Memory, Option.Option<Heard>] => {
    switch (message.type) {
      case "stream_event":
        return readStream(memory, message, hide)
      case "system":
        return [memory, message.subtype === "api_retry" ? given(readRetry(memory, message)) : Option.none()]
      case "result":
        return readResult(memory, message, hide)
      case "assistant":
        return [
          { ...memory, entry: message.uuid ?? memory.entry, trouble: message.error ?? memory.trouble },
          Option.none()
        ]
      case "user":
        return [
          { ...memory, entry: message.uuid ?? memory.entry },
          isItsOwn(message) ? Option.some(endOf(memory, null)) : Option.none()
        ]
      default:
        return [memory, Option.none()]
    }
  }

const readStream = (
  memory: Memory,
  message: SDKPartialAssistantMessage,
  hide: (text: string) => string
): readonly [Memory, Option.Option<Heard>] => {
  const next = follow(memory, message)
  if (isAbandoned(memory, message)) return [next, given(brokenOff(memory))]
  // The client would ask again, as often as it may.
  if (isRefusing(message)) return [next, Option.some(endOf(next, null, hide(refusalIn(message))))]
  return [next, next.requests > turnLimits.requests ? given(tooMany) : readDelta(message)]
}

const tooMany = new TooManyToolCalls({ of: "requests", most: turnLimits.requests })

/**
 * The client would ask the model by itself: to go on where it was cut off at the limit of tokens, to say something
 * where it was silent, to call a tool once more. The model said what it had to say: the turn ends there.
 */
export const isItsOwn = ({ message: { content } }: SDKUserMessage) =>
  typeof content === "string" || content.every(({ type }) => type !== "tool_result")

/** Only the tool is a skip: a model that neither spoke nor called it has not answered. */
const endOf = (memory: Memory, sessionId: string | null, refusal = ""): Heard => {
  const { hasSpoken, hasThought, model, stopReason } = memory
  if (!hasSpoken && stopReason !== "tool_use")
    return Either.left(silence({ finish: stopReason, refusal, isGarbled: false }, hasThought))
  return Either.right(ProviderEvent.Done({ sessionId, model, finish: finishOf(stopReason), finishReason: stopReason }))
}

const isRefusing = ({ event }: SDKPartialAssistantMessage) =>
  event.type === "message_delta" && event.delta.stop_reason === "refusal"

/** Why the model refuses, where it says so. */
const refusalIn = ({ event }: SDKPartialAssistantMessage) =>
  event.type === "message_delta" ? (event.delta.stop_details?.explanation ?? "") : ""

const follow = (memory: Memory, { event }: SDKPartialAssistantMessage): Memory => {
  switch (event.type) {
    case "message_start":
      return { ...memory, model: event.message.model, isBegun: true, requests: memory.requests + 1 }
    case "content_block_delta":
      return heardIn(memory, event.delta)
    case "message_delta":
      return event.delta.stop_reason === null
        ? memory
        : { ...memory, isHalfSaid: false, isBegun: false, stopReason: event.delta.stop_reason }
    default:
      return memory
  }
}

type Delta = Extract<SDKPartialAssistantMessage["event"], { readonly type: "content_block_delta" }>["delta"]

const heardIn = (memory: Memory, delta: Delta): Memory => {
  if (delta.type === "text_delta")
    return { ...memory, isHalfSaid: true, hasSpoken: memory.hasSpoken || delta.text.trim() !== "" }
  return delta.type === "thinking_delta" && !memory.hasThought ? { ...memory, hasThought: true } : memory
}

const given = (error: ProviderError) => Option.some(Either.left(error))

/** The client has closed an answer that had not come to its end, and may ask again without a word. */
const isAbandoned = ({ isBegun }: Memory, { event }: SDKPartialAssistantMessage) =>
  isBegun && event.type === "message_stop"

const brokenOff = ({ isHalfSaid }: Memory, retryAfterMs: number | null = null) =>
  isHalfSaid ? new Crashed({ reason: "the answer broke off in the middle" }) : new Overloaded({ retryAfterMs })

const readDelta = ({ event }: SDKPartialAssistantMessage): Option.Option<Heard> => {
  if (event.type !== "content_block_delta") return Option.none()
  const { delta } = event
  if (delta.type === "text_delta" && delta.text !== "")
    return Option.some(Either.right(ProviderEvent.TextDelta({ text: delta.text })))
  if (delta.type === "thinking_delta" && delta.thinking !== "")
    return Option.some(Either.right(ProviderEvent.ThinkingDelta({ text: delta.thinking })))
  return Option.none()
}

// The client's own first pause is at most 625 ms; a longer one is the provider's `retry-after`.
const ownPauseMs = 700

/** The client is about to ask again, which is for the caller to decide: the turn ends here. */
const readRetry = (memory: Memory, retry: SDKAPIRetryMessage): ProviderError => {
  if (retry.no_response !== undefined)
    return new TimedOut({ phase: "first_token", afterMs: retry.no_response.waited_ms })
  const retryAfterMs = retry.retry_delay_ms > ownPauseMs ? retry.retry_delay_ms : null
  if (retry.error === noCredentials) return new Unauthorized({ reason: "no credentials for the cloud can be loaded" })
  if (retry.error_status === null || memory.isHalfSaid) return brokenOff(memory, retryAfterMs)
  const complaint = { status: retry.error_status, message: "", code: retry.error }
  return classify(complaint, { model: memory.model, hasImages: false, retryAfterMs, hide: (text) => text })
}

const readResult = (
  memory: Memory,
  result: SDKResultMessage,
  hide: (text: string) => string
): readonly [Memory, Option.Option<Heard>] => {
  const next = { ...memory, hasHistory: true, isHalfSaid: false, isBegun: false, ...unheard }
  if (result.is_error) return [next, Option.some(Either.left(failure(memory, result, hide)))]
  const { entry } = memory
  const sessionId = entry === null ? null : Bookmark.write({ session: result.session_id, entry })
  return [next, Option.some(endOf({ ...memory, stopReason: result.stop_reason ?? memory.stopReason }, sessionId))]
}

const noCredentials = "cloud_credential_error"

/** The client has no way in, or none that is let through, and asked nobody. */
const isUnsigned = ({ trouble }: Memory) => trouble === noCredentials || trouble === "authentication_failed"

/** With all the images that a session has gathered, a request can outgrow what the provider takes. */
const tooLarge = 413

const failure = (memory: Memory, result: SDKResultMessage, hide: (text: string) => string): ProviderError => {
  const reason = hide(result.subtype === "success" ? result.result : result.errors.join("; "))
  if (result.subtype === "error_max_turns") return tooMany
  const status = result.subtype === "success" ? (result.api_error_status ?? null) : null
  if (/^No (conversation|message) found with/.test(reason)) return new SessionLost()
  const isFull = result.terminal_reason === "prompt_too_long" || result.terminal_reason === "blocking_limit"
  if (isFull || status === tooLarge) return memory.hasHistory ? new SessionLost() : new ContextExceeded({ reason })
  if (status === null) return isUnsigned(memory) ? new Unauthorized({ reason }) : new Crashed({ reason })
  const complaint = { status, message: reason, code: "" }
  return classify(complaint, { model: memory.model, hasImages: false, retryAfterMs: null, hide })
}
