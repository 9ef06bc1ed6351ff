import { Either, Schema, Struct } from "effect"
import type { ProviderEvent } from "../../../domain/Provider.ts"
import { Crashed, Overloaded, type ProviderError, RateLimited } from "../../../domain/ProviderError.ts"
import type { Listener } from "../Http/Protocol.ts"
import * as Blocks from "./Blocks.ts"
import type { Told } from "../Tally.ts"
import { Event, type Usage } from "./Event.ts"
import type { Message } from "./Request.ts"

const decode = Schema.decodeEither(Schema.parseJson(Event))

const nothing = Either.right<ReadonlyArray<ProviderEvent>>([])

const failure = ({ error }: Event, hide: (text: string) => string): ProviderError => {
  switch (error?.type) {
    case "overloaded_error":
    case "api_error":
    case "timeout_error":
      return new Overloaded({ retryAfterMs: null })
    case "rate_limit_error":
      return new RateLimited({ retryAfterMs: null })
    default:
      return new Crashed({ reason: hide(error?.message ?? "the endpoint broke its answer off with an error") })
  }
}

/** Follows one answer of the Messages API. */
export const listen =
  (hide: (text: string) => string) =>
  (asked: string): Listener<Message> => {
    const blocks = Blocks.make()
    const counts = { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
    let told: Told | null = null
    let model = asked
    let stopReason = ""
    let isOver = false

    // Each count is of the whole answer so far; a later one that is left out has not changed.
    const count = (more: Usage | null | undefined) => {
      const named = Struct.keys(counts).filter((name) => typeof more?.[name] === "number")
      if (named.length === 0) return
      for (const name of named) counts[name] = more?.[name] ?? 0
      told = {
        model,
        tokens: {
          inputTokens: counts.input_tokens,
          outputTokens: counts.output_tokens,
          cacheReadTokens: counts.cache_read_input_tokens,
          cacheWriteTokens: counts.cache_creation_input_tokens
        }
      }
    }

    const take = (event: Event): Either.Either<ReadonlyArray<ProviderEvent>, ProviderError> => {
      switch (event.type) {
        case "message_start":
          model = event.message?.model ?? model
          count(event.message?.usage)
          return nothing
        case "content_block_start":
          return blocks.open(event)
        case "content_block_delta":
          return blocks.grow(event)
        case "content_block_stop":
          return blocks.close(event)
        case "message_delta":
          stopReason = event.delta?.stop_reason ?? stopReason
          count(event.usage)
          return nothing
        case "message_stop":
          isOver = true
          return nothing
        case "error":
          return Either.left(failure(event, hide))
        default:
          return nothing
      }
    }

    return {
      hear: (data) =>
        Either.flatMap(
          Either.mapLeft(decode(data), () => new Crashed({ reason: "the answer is garbled: an event cannot be read" })),
          take
        ),
      heard: blocks.size,
      told: () => told,
      isOver: () => isOver,
      outcome: () => {
        if (!isOver) return Either.left(new Crashed({ reason: "the answer broke off before its end" }))
        if (!blocks.areClosed()) return Either.left(new Crashed({ reason: "the answer ended within a block" }))
        return Either.right({
          model,
          finish: stopReason || null,
          // What was cut off at the limit of tokens is no call.
          calls: stopReason === "max_tokens" ? [] : blocks.calls(),
          said: { role: "assistant", content: blocks.content() }
        })
      }
    }
  }
