import { Cause, Exit, Option } from "effect"
import type { ProviderError, ProviderEvent } from "../domain/Provider.ts"
import type { WaitReason } from "../domain/ProviderState.ts"
import type { Outcome } from "../domain/Round.ts"
import { type Draft, heldBack } from "../LiveTurns.ts"
import type { PoolBusy } from "../domain/Pool.ts"

export type Done = Extract<ProviderEvent, { readonly _tag: "Done" }>
export type TurnError = ProviderError | PoolBusy

/** What a turn came to. */
export interface Verdict {
  readonly outcome: Outcome
  /** What the agent said; null when nothing of it stays. */
  readonly said: string | null
  readonly error: { readonly _tag: string } | null
  /** Set when the model's session knows what the room knows. */
  readonly done: Done | null
  /** True where the provider took nothing on, and so asks for nothing. */
  readonly isFree: boolean
}

/** A skip or an empty answer says nothing; what was heard before an interruption or a failure stays, cut off. */
export const verdictOf = (
  exit: Exit.Exit<Done, TurnError>,
  draft: Pick<Draft, "text" | "shown" | "skipped" | "unheard" | "firstTokenMs" | "waiting">
): Verdict => {
  const text = draft.text.trim()
  const silent = draft.skipped || text === ""
  if (Exit.isSuccess(exit)) {
    const said = silent ? null : text
    // A word or two about a skip does no harm; a speech that nobody heard must not be taken for one that was.
    const done = draft.unheard > heldBack ? forgotten(exit.value) : exit.value
    return { outcome: silent ? "skipped" : "replied", said, error: null, done, isFree: false }
  }
  const heard = silent ? null : text
  if (Cause.isInterruptedOnly(exit.cause)) {
    const isFree = draft.waiting !== null && unasked.has(draft.waiting.reason)
    return { outcome: "interrupted", said: heard, error: null, done: null, isFree }
  }
  const error = Option.getOrElse(Cause.failureOption(exit.cause), () => ({ _tag: "Defect" }))
  const isFree = draft.firstTokenMs === null && refusals.has(error._tag)
  return { outcome: "failed", said: draft.shown ? heard : null, error, done: null, isFree }
}

/** What was said is not wanted any more, and the session must not remember it; its cost stays. */
export const discarded = (verdict: Verdict): Verdict => ({
  ...verdict,
  outcome: "discarded",
  said: null,
  done: verdict.done === null ? null : forgotten(verdict.done)
})

/** The turn counts, its session does not go on. */
const forgotten = (done: Done): Done => ({ ...done, sessionId: null })

/** What makes a turn wait that the provider has taken nothing of. */
const unasked: ReadonlySet<WaitReason> = new Set(["rate_limited", "overloaded", "busy"])

const refusals: ReadonlySet<string> = new Set([
  "PoolBusy",
  "RateLimited",
  "Overloaded",
  "Unauthorized",
  "SessionLost",
  "InvalidRequest"
])
