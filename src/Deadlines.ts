import type { Stream } from "effect"
import type { ProviderError, ProviderEvent } from "./domain/Provider.ts"

export interface Deadlines {
  readonly firstTokenMs: number
  readonly idleMs: number
  readonly totalMs: number
}

// First stand-in; its owner writes the real one over it.
export const withDeadlines =
  (_deadlines: Deadlines) => <R>(turn: Stream.Stream<ProviderEvent, ProviderError, R>) => turn
