import type { Effect, Either } from "effect"
import type { ProviderError, ProviderEvent, SessionSpec, ToolResult, TurnInput, Usage } from "../../domain/Provider.ts"
import type { Call } from "./Transport.ts"

/** A tool that the model calls. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** As the model wrote it: JSON, when the model did well. */
  readonly input: string
}

export type Spent = Omit<Usage, "costUsd">

/** What one answer of the model came to. */
export interface Outcome<Message> {
  readonly model: string
  /** Why the model stopped, in the vendor's word. */
  readonly finish: string | null
  readonly spent: Spent
  readonly calls: ReadonlyArray<ToolCall>
  /** The answer as the model is to find it in what it is told next. */
  readonly said: Message
}

/** Follows one answer, event by event. */
export interface Listener<Message> {
  readonly hear: (data: string) => Either.Either<ReadonlyArray<ProviderEvent>, ProviderError>
  /** True once the answer has said that it is over. */
  readonly isOver: () => boolean
  /** To be asked when the answer is over, or nothing more comes. */
  readonly outcome: () => Either.Either<Outcome<Message>, ProviderError>
}

/** How an endpoint is spoken to. */
export interface Protocol<Message> {
  readonly model: (spec: SessionSpec) => Effect.Effect<string, ProviderError>
  readonly begin: (spec: SessionSpec, input: TurnInput) => ReadonlyArray<Message>
  readonly ask: (spec: SessionSpec, model: string, told: ReadonlyArray<Message>) => Call
  readonly listen: (model: string) => Listener<Message>
  readonly results: (results: ReadonlyArray<ToolCall & ToolResult>) => ReadonlyArray<Message>
  readonly costOf: (model: string, spent: Spent) => number | null
  /** Makes a text fit to show. */
  readonly hide: (text: string) => string
}
