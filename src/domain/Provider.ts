import { Data, type Effect, type Option, type Scope } from "effect"
import type { AgentId } from "./Agent.ts"
import type { ImageType } from "./Image.ts"
import type { Finish } from "./Finish.ts"
import type { ProviderError } from "./ProviderError.ts"
import type { ModelChoice } from "./ModelChoice.ts"
import type { RoomId } from "./RoomId.ts"
import type { KnownModels } from "./ModelTraits.ts"
import type { Spending } from "./Usage.ts"

/** One agent in one room; owns at most one model session. */
export class Seat extends Data.Class<{ readonly roomId: RoomId; readonly agentId: AgentId }> {
  get key() {
    return `${this.roomId}/${this.agentId}`
  }
}

/** Whom a turn keeps waiting: a person who wrote, or nobody but the agents themselves. Persons come first. */
export type Priority = "person" | "agents"

/** Where a turn ends whose model does not: the same for all providers. */
export const turnLimits = {
  /** To the model: the first, and one after each answer that calls tools. */
  requests: 8,
  /** Of tools, over all answers. */
  calls: 32,
  /** Of text and thoughts. */
  characters: 1_000_000
} as const

export type ProviderEvent = Data.TaggedEnum<{
  TextDelta: { readonly text: string }
  ThinkingDelta: { readonly text: string }
  /** All text since the turn began, or since its last tool call, was thought and not said. */
  Unsaid: {}
  /** So many of the latest characters that were thought are said, and come again as text. */
  Unthought: { readonly characters: number }
  /** A tool was called; its result has gone back to the model by `TurnInput.callTool`. */
  ToolUse: { readonly name: string }
  /** The last event of every turn that ends well. `sessionId` resumes the session later; null where that cannot be. */
  Done: {
    readonly sessionId: string | null
    readonly model: string
    readonly finish: Finish
    /** The same in the vendor's word; null where none is told. */
    readonly finishReason: string | null
  }
}>
export const ProviderEvent = Data.taggedEnum<ProviderEvent>()

/**
 * The next events of a turn, when there are some; fails with none after the last. To be run one after the other. A
 * stream would be pulled in the same way, through an executor of its own for each part that it passes.
 */
export type Events = Effect.Effect<ReadonlyArray<ProviderEvent>, Option.Option<ProviderError>>

/** A tool as the model sees it. Every parameter is a required string; the value here is its description. */
export interface ToolSpec {
  readonly name: string
  readonly description: string
  readonly parameters: Readonly<Record<string, string>>
}

export interface ToolResult {
  readonly text: string
  readonly isError: boolean
  /** The model has no more to say: a provider that can asks it nothing more in this turn. */
  readonly endsTurn?: boolean
}

export interface SessionSpec {
  readonly seat: Seat
  readonly agentName: string
  readonly model: string
  /** How the model speaks; null leaves it to the settings. A provider passes over what it does not take. */
  readonly options: Pick<ModelChoice, "max_output_tokens" | "temperature" | "thinking">
  readonly systemPrompt: string
  readonly tools: ReadonlyArray<ToolSpec>
  /** A session id that this provider gave for this seat; null begins a new session. */
  readonly resume: string | null
}

/** A piece of what the model is told in a turn. */
export interface Part {
  /** Reaches the model verbatim: nothing in it is a command or a file reference. */
  readonly text: string
  /**
   * Set where the agent itself spoke: its bare words, and a line that says when they were cut off. A provider whose
   * model knows its own words by their role gives these in place of the text.
   */
  readonly own: { readonly words: string; readonly cutOff: string | null } | null
}

export interface TurnInput {
  /** What was said, oldest first. Turn after turn of a session that is told all anew, it begins the same. */
  readonly parts: ReadonlyArray<Part>
  /** How many of the parts the session was told in an earlier turn too. */
  readonly knownParts: number
  /** What is asked of the model now: the last line. */
  readonly ask: string
  /** In the order of the talk. Each label stands just before its image; none for a provider that takes none. */
  readonly images: ReadonlyArray<{
    readonly media_type: ImageType
    readonly bytes: Uint8Array
    readonly label: string
  }>
  /**
   * Called when the vendor refuses a later request of the turn, before anything came of it: returns when the same may
   * be asked again, and fails where it is not to be.
   */
  readonly hold?: (error: ProviderError) => Effect.Effect<void, ProviderError>
  readonly callTool: (name: string, input: Readonly<Record<string, string>>) => Effect.Effect<ToolResult>
  /**
   * Called when more is known of what the turn has taken, each time with all of it: when a request goes out, when the
   * vendor tells, and with an estimate for what was heard since. So it is known of a turn that fails or is interrupted
   * as well, up to the moment.
   */
  readonly spend: (spending: Spending) => void
}

/** The turn as one text, for a model that is told everything by others. */
export const textOf = ({ ask, parts }: Pick<TurnInput, "ask" | "parts">) =>
  [...parts.map(({ text }) => text), ask].join("\n")

export interface Session {
  /**
   * Begins one turn, which lasts until the scope ends. Where that is before its last event the provider's work is
   * stopped; the session must then be closed, for its history no longer matches the room's. One turn at a time. A turn
   * asks the model no more than `turnLimits.requests` times: where it would have to be asked once more, the turn fails
   * with `TooManyToolCalls`.
   */
  readonly turn: (input: TurnInput) => Effect.Effect<Events, ProviderError, Scope.Scope>
  /** The process that the session has to itself. */
  readonly pid: number | null
}

export interface Model {
  /** What a room names. */
  readonly id: string
  readonly name: string
}

/**
 * Refuses with typed errors and leaves to its caller when to ask again: a provider itself never does. It asks the
 * vendor for one turn at a time of a session.
 */
export interface Provider {
  readonly name: string
  /** True for a real model; false for one that only plays a model. */
  readonly isModel: boolean
  readonly takesImages: boolean
  readonly defaultModel: string
  /** True when an open session holds what it was told; any other is told the whole in each turn. */
  readonly remembers: boolean
  /** What an open session takes: a process of its own, or no more than a connection while it speaks. */
  readonly takes: "process" | "connection"
  /** What can be asked for, as far as the provider tells. */
  readonly models: Effect.Effect<ReadonlyArray<Model>, ProviderError>
  /** What is known of its models. */
  readonly traits: KnownModels
  readonly open: (spec: SessionSpec) => Effect.Effect<Session, ProviderError, Scope.Scope>
}
