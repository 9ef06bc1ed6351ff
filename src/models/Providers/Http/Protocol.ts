import type { Effect, Either } from "effect"
import type { ProviderEvent, SessionSpec, ToolResult, TurnInput } from "../../../domain/Provider.ts"
import type { ProviderError } from "../../../domain/ProviderError.ts"
import type { Tokens } from "../../../domain/Usage.ts"
import type { KnownModels, ModelTraits } from "../../../domain/ModelTraits.ts"
import type { Told } from "../Tally.ts"
import type { Sent } from "../Learn.ts"
import type { Call } from "./Transport.ts"

/** A tool that the model calls. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** As the model wrote it: JSON, when the model did well. */
  readonly input: string
}

/** What one answer of the model came to. */
export interface Outcome<Message> {
  readonly model: string
  /** Why the model stopped, in the vendor's word. */
  readonly finish: string | null
  readonly calls: ReadonlyArray<ToolCall>
  /** The answer as the model is to find it in what it is told next. */
  readonly said: Message
  /** What the model or a filter gives as the reason for a refusal; empty where none is given. */
  readonly refusal: string
  /** Some of it could not be read. */
  readonly isGarbled: boolean
}

/** Follows one answer, event by event: takes what it knows, and leaves what it does not. */
export interface Listener<Message> {
  /** An event, and its name as the stream has it. */
  readonly hear: (data: string, name: string) => Either.Either<ReadonlyArray<ProviderEvent>, ProviderError>
  /** How much of the answer was heard so far, in characters: text, thoughts and what tools are called with. */
  readonly heard: () => number
  /** What was told of it last; null as long as nothing was. */
  readonly told: () => Told | null
  /** True once the answer has said that it is over. */
  readonly isOver: () => boolean
  /** True once the answer has said how it ends: no more than its account may still come. */
  readonly isWhole: () => boolean
  /** To be asked when the answer is over, or nothing more comes. */
  readonly outcome: () => Either.Either<Outcome<Message>, ProviderError>
}

/** How an endpoint is spoken to. */
export interface Protocol<Message> {
  readonly model: (spec: SessionSpec) => Effect.Effect<string, ProviderError>
  readonly begin: (spec: SessionSpec, input: TurnInput) => ReadonlyArray<Message>
  /** What is asked of a model with these traits, and which of its fields another model may not take. */
  readonly ask: (
    spec: SessionSpec,
    traits: ModelTraits,
    told: ReadonlyArray<Message>
  ) => { readonly call: Call; readonly sent: Sent }
  /** What is known of the endpoint's models. */
  readonly traits: KnownModels
  readonly listen: (model: string, hasImages: boolean) => Listener<Message>
  readonly results: (results: ReadonlyArray<ToolCall & ToolResult>) => ReadonlyArray<Message>
  /** What the others tell the model. */
  readonly told: (text: string) => Message
  readonly costOf: (model: string, tokens: Tokens) => number | null
  /** Makes a text fit to show. */
  readonly hide: (text: string) => string
}
