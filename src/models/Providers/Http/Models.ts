import { Clock, Effect, Either, type Option, Schema } from "effect"
import { ContextTokens } from "../../../domain/ContextSize.ts"
import type { KnownModels } from "../../../domain/ModelTraits.ts"
import type { Model } from "../../../domain/Provider.ts"
import { Crashed, type ProviderError, TimedOut } from "../../../domain/ProviderError.ts"
import * as Permits from "../../../lib/permits.ts"
import * as Body from "./Body.ts"
import { fields, number } from "./Lenient.ts"
import { refusal } from "./Refusal.ts"
import type { Call, Transport } from "./Transport.ts"

const waitMs = 10_000
const keptMs = 300_000
// Long enough that those who wait together hear of it together.
const failureKeptMs = 5000
const largestPage = 16_777_216

/** What vendors and servers call a model's window: OpenRouter, Groq, vLLM, Mistral, LM Studio, Anthropic. */
const windowNames = [
  "context_length",
  "context_window",
  "max_model_len",
  "max_context_length",
  "loaded_context_length",
  "max_input_tokens"
]

const isWindow = Schema.is(ContextTokens)

/**
 * How many tokens a listed model reads at once; the least of what is told, null where nothing is. What a model was
 * trained for, as `n_ctx_train` of llama.cpp tells it, is not what its server lets it read.
 */
export const windowIn = (listed: Readonly<Record<string, unknown>>) => {
  const limits = fields(fields(listed["capabilities"])["limits"])
  const told = [
    ...windowNames.map((name) => listed[name]),
    // OpenRouter routes to a vendor that may read less than the model could.
    fields(listed["top_provider"])["context_length"],
    // DeepInfra.
    fields(listed["metadata"])["context_length"],
    // llama.cpp.
    fields(listed["meta"])["n_ctx"],
    // GitHub Copilot.
    limits["max_prompt_tokens"],
    limits["max_context_window_tokens"]
  ]
  const windows = told.map(number).filter(isWindow)
  return windows.length === 0 ? null : Math.min(...windows)
}

interface Listed extends Readonly<Record<string, unknown>> {
  readonly id: string
}

/** Notes the window of each listed model that tells one. */
export const publish = (traits: KnownModels, listed: ReadonlyArray<Listed>) => {
  for (const model of listed) {
    const contextTokens = windowIn(model)
    if (contextTokens !== null) traits.publish(model.id, contextTokens)
  }
}

/** Asks for the list once, while others go on. */
export const inBackground = Effect.fnUntraced(function* (models: Effect.Effect<unknown, ProviderError>) {
  const scope = yield* Effect.scope
  return yield* Effect.once(Effect.forkIn(Effect.ignore(models), scope))
})

/** Asks for a page of a list. */
export type Ask = <A>(call: Call, decode: (body: string) => Option.Option<A>) => Effect.Effect<A, ProviderError>

export const asking =
  (transport: Transport, hide: (text: string) => string): Ask =>
  (call, decode) =>
    Effect.gen(function* () {
      const answer = yield* transport.send(call)
      if (answer.status !== 200) return yield* (yield* refusal(answer, { hide, model: "", hasImages: false })).error
      const body = yield* Body.text(answer, largestPage)
      return yield* Effect.mapError(decode(body), () => new Crashed({ reason: "the list of models cannot be read" }))
    }).pipe(Effect.scoped)

/** The list as it was a short while ago; one request at a time, whoever asks. */
export const kept = (ask: Effect.Effect<ReadonlyArray<Model>, ProviderError>) => {
  const lock = Permits.make(1)
  let last: { readonly until: number; readonly heard: Either.Either<ReadonlyArray<Model>, ProviderError> } | undefined
  const bounded = Effect.timeoutFail(ask, {
    duration: waitMs,
    onTimeout: () => new TimedOut({ phase: "total", afterMs: waitMs })
  })
  return Effect.gen(function* () {
    if (last !== undefined && last.until > (yield* Clock.currentTimeMillis)) return yield* last.heard
    const heard = yield* Effect.either(bounded)
    const now = yield* Clock.currentTimeMillis
    last = { until: now + (Either.isRight(heard) ? keptMs : failureKeptMs), heard }
    return yield* heard
  }).pipe(lock.with)
}
