import { Data, type Effect, Schema, type Scope, type Stream } from "effect"
import type { AgentId } from "./Agent.ts"
import type { ImageType } from "./Image.ts"
import type { RoomId } from "./RoomId.ts"

/** One agent in one room; owns at most one model session. */
export class Seat extends Data.Class<{ readonly roomId: RoomId; readonly agentId: AgentId }> {
  get key() {
    return `${this.roomId}/${this.agentId}`
  }
}

export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  /** How long the provider asks to wait, when it says so. */
  retryAfterMs: Schema.NullOr(Schema.Number)
}) {}
export class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", {}) {}
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", {}) {}
/** The session to resume is gone; the caller opens a new one from the log. */
export class SessionLost extends Schema.TaggedError<SessionLost>()("SessionLost", {}) {}
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", { reason: Schema.String }) {}
export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", {
  phase: Schema.Literal("connect", "first_token", "idle", "total"),
  afterMs: Schema.Number
}) {}
/** The client or its process broke; `reason` is safe to show and holds no secret. */
export class Crashed extends Schema.TaggedError<Crashed>()("Crashed", { reason: Schema.String }) {}

export const ProviderError = Schema.Union(
  RateLimited,
  Overloaded,
  Unauthorized,
  SessionLost,
  InvalidRequest,
  TimedOut,
  Crashed
)
export type ProviderError = typeof ProviderError.Type

/** Tokens and estimated cost of one turn, never cumulative. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  /** US dollars by the provider's own table; null where it names no price. */
  readonly costUsd: number | null
}

export type ProviderEvent = Data.TaggedEnum<{
  TextDelta: { readonly text: string }
  ThinkingDelta: { readonly text: string }
  /** A tool was called; its result has gone back to the model by `TurnInput.callTool`. */
  ToolUse: { readonly name: string }
  /** The last event of every turn that ends well. `sessionId` resumes the session later; null where that cannot be. */
  Done: { readonly sessionId: string | null; readonly model: string; readonly usage: Usage }
}>
export const ProviderEvent = Data.taggedEnum<ProviderEvent>()

/** A tool as the model sees it. Every parameter is a required string; the value here is its description. */
export interface ToolSpec {
  readonly name: string
  readonly description: string
  readonly parameters: Readonly<Record<string, string>>
}

export interface ToolResult {
  readonly text: string
  readonly isError: boolean
}

export interface SessionSpec {
  readonly seat: Seat
  readonly agentName: string
  readonly model: string
  readonly systemPrompt: string
  readonly tools: ReadonlyArray<ToolSpec>
  /** A session id that this provider gave for this seat; null begins a new session. */
  readonly resume: string | null
}

export interface TurnInput {
  /** Reaches the model verbatim: nothing in it is a command or a file reference. */
  readonly text: string
  /** In the order of the talk. Each label stands just before its image; none for a provider that takes none. */
  readonly images: ReadonlyArray<{
    readonly media_type: ImageType
    readonly bytes: Uint8Array
    readonly label: string
  }>
  readonly callTool: (name: string, input: Readonly<Record<string, string>>) => Effect.Effect<ToolResult>
}

export interface Session {
  /**
   * Streams one turn. Interrupting the stream stops the provider's work; the session must then be closed, for its
   * history no longer matches the room's. One turn at a time.
   */
  readonly turn: (input: TurnInput) => Stream.Stream<ProviderEvent, ProviderError>
}

export interface Provider {
  readonly name: string
  /** True for a real model; false for one that only plays a model. */
  readonly isModel: boolean
  readonly takesImages: boolean
  readonly defaultModel: string
  readonly open: (spec: SessionSpec) => Effect.Effect<Session, ProviderError, Scope.Scope>
}
