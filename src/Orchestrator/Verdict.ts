import { Cause, Exit, Option } from "effect"
import type { ProviderError, ProviderEvent } from "../domain/Provider.ts"
import type { Outcome } from "../domain/Round.ts"
import type { Draft } from "../LiveTurns.ts"
import type { PoolBusy } from "../SdkPool.ts"

export type Done = Extract<ProviderEvent, { readonly _tag: "Done" }>
export type TurnError = ProviderError | PoolBusy

/** What a turn came to. */
export interface Verdict {
  readonly outcome: Exclude<Outcome, "discarded">
  /** What the agent said; null when nothing of it stays. */
  readonly said: string | null
  readonly error: { readonly _tag: string } | null
  /** Set when the model's session knows what the room knows. */
  readonly done: Done | null
}

/** A skip or an empty answer says nothing; what was heard before an interruption or a failure stays, cut off. */
export const verdictOf = (
  exit: Exit.Exit<Done, TurnError>,
  draft: Pick<Draft, "text" | "shown" | "skipped">
): Verdict => {
  const text = draft.text.trim()
  const silent = draft.skipped || text === ""
  if (Exit.isSuccess(exit)) {
    return { outcome: silent ? "skipped" : "replied", said: silent ? null : text, error: null, done: exit.value }
  }
  const heard = silent ? null : text
  if (Cause.isInterruptedOnly(exit.cause)) return { outcome: "interrupted", said: heard, error: null, done: null }
  const error = Option.getOrElse(Cause.failureOption(exit.cause), () => ({ _tag: "Defect" }))
  return { outcome: "failed", said: draft.shown ? heard : null, error, done: null }
}
