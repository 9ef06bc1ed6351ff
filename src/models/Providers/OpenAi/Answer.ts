import { Either, Schema } from "effect"
import { ProviderEvent } from "../../../domain/Provider.ts"
import { Crashed, Overloaded, type ProviderError, RateLimited } from "../../../domain/ProviderError.ts"
import type { Tokens } from "../../../domain/Usage.ts"
import type { Listener } from "../Http/Protocol.ts"
import type { Told } from "../Tally.ts"
import * as Calls from "./Calls.ts"
import { type Delta, Event, type Failure, type Usage } from "./Event.ts"
import type { Message } from "./Request.ts"

const decode = Schema.decodeEither(Schema.parseJson(Event))

const largestInput = 1_048_576

const crashed = (reason: string) => Either.left(new Crashed({ reason }))

const failureOf = (error: Failure | string, hide: (text: string) => string): ProviderError => {
  const { code, message, type } = typeof error === "string" ? { message: error, type: "", code: "" } : error
  const kind = `${type ?? ""} ${code ?? ""}`
  if (/rate_limit|\b429\b/.test(kind)) return new RateLimited({ retryAfterMs: null })
  if (/overloaded|server_error|unavailable|timeout|\b5\d\d\b/.test(kind)) return new Overloaded({ retryAfterMs: null })
  return new Crashed({ reason: hide(message ?? "the endpoint broke its answer off with an error") })
}

const tokensOf = (usage: Usage): Tokens => {
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0
  return {
    inputTokens: Math.max(0, (usage.prompt_tokens ?? 0) - cached),
    outputTokens: usage.completion_tokens ?? 0,
    cacheReadTokens: cached,
    cacheWriteTokens: 0
  }
}

/** Follows one streamed chat completion. */
export const listen =
  (hide: (text: string) => string) =>
  (asked: string): Listener<Message> => {
    const calls = Calls.make()
    let model = asked
    let text = ""
    /** Thoughts go back under the name that they came by: a server that gives them may want them. */
    const thoughts = { reasoning_content: "", reasoning: "" }
    let told: Told | null = null
    let size = 0
    let finish = ""
    let isOver = false

    const think = (name: keyof typeof thoughts, more: string | null | undefined): ReadonlyArray<ProviderEvent> => {
      if (!more) return []
      thoughts[name] += more
      size += more.length
      return [ProviderEvent.ThinkingDelta({ text: more })]
    }

    const say = (more: string | null | undefined): ReadonlyArray<ProviderEvent> => {
      if (!more) return []
      text += more
      size += more.length
      return [ProviderEvent.TextDelta({ text: more })]
    }

    const take = (delta: Delta): Either.Either<ReadonlyArray<ProviderEvent>, ProviderError> => {
      const pieces = delta.tool_calls ?? []
      const sizes = pieces.map(calls.add)
      for (const piece of pieces) size += piece.function?.arguments?.length ?? 0
      if (sizes.some((size) => size > largestInput))
        return crashed("the answer is garbled: a tool's input is too large")
      const thought = think("reasoning_content", delta.reasoning_content)
      // Some servers send the same thought under both names.
      return Either.right([
        ...thought,
        ...(thought.length > 0 ? [] : think("reasoning", delta.reasoning)),
        ...say(delta.content)
      ])
    }

    const hear = (event: Event): Either.Either<ReadonlyArray<ProviderEvent>, ProviderError> => {
      if (event.error) return Either.left(failureOf(event.error, hide))
      const [choice] = event.choices ?? []
      model = event.model || model
      const { usage } = event
      if (usage && (usage.prompt_tokens ?? usage.completion_tokens ?? null) !== null)
        told = { model, tokens: tokensOf(usage) }
      finish = choice?.finish_reason ?? finish
      return choice?.delta ? take(choice.delta) : Either.right([])
    }

    return {
      hear: (data) => {
        if (data.trim() === "[DONE]") {
          isOver = true
          return Either.right([])
        }
        const event = Either.mapLeft(
          decode(data),
          () => new Crashed({ reason: "the answer is garbled: an event cannot be read" })
        )
        return Either.flatMap(event, hear)
      },
      heard: () => size,
      told: () => told,
      isOver: () => isOver,
      outcome: () => {
        if (finish === "" && !isOver) return crashed("the answer broke off before its end")
        const all = finish === "length" || finish === "content_filter" ? [] : calls.all()
        if (finish !== "tool_calls" && !all.every(({ input }) => Calls.isReadable(input)))
          return crashed("the answer ended within a tool call")
        const said: Message = {
          role: "assistant",
          content: text === "" ? null : text,
          ...Object.fromEntries(Object.entries(thoughts).filter(([, thought]) => thought !== "")),
          ...(all.length === 0
            ? {}
            : {
                tool_calls: all.map(({ id, input, name }) => ({
                  id,
                  type: "function",
                  function: { name, arguments: Calls.isReadable(input) ? input || "{}" : "{}" }
                }))
              })
        }
        return Either.right({ model, finish: finish || null, calls: all, said })
      }
    }
  }
