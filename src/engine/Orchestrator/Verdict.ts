import { Cause, Exit, Option } from "effect"
import type { Finish } from "../../domain/Finish.ts"
import type { ProviderEvent } from "../../domain/Provider.ts"
import type { WaitReason } from "../../domain/ProviderState.ts"
import type { Outcome } from "../../domain/Round.ts"
import type { TurnError } from "../../domain/TurnError.ts"
import type { Spending } from "../../domain/Usage.ts"
import { type Draft, heldBack } from "../LiveTurns.ts"

export type Done = Extract<ProviderEvent, { readonly _tag: "Done" }>

/** What a turn came to. */
export interface Verdict {
  readonly outcome: Outcome
  /** What the agent said; null when nothing of it stays. */
  readonly said: string | null
  /** How that ended; null when nothing of it stays. */
  readonly finish: Finish | null
  /** Why the turn failed, or ended before the model did. */
  readonly error: { readonly _tag: string } | null
  /** Set when the model's session knows what the room knows. */
  readonly done: Done | null
  readonly spent: Spending
  /** True where the provider took nothing on that it has not told of, and so asks for nothing more. */
  readonly isFree: boolean
}

type Brought = Pick<Draft, "text" | "shown" | "skipped" | "unheard" | "firstTokenMs" | "waiting" | "spent">

/**
 * A skip or an empty answer says nothing; what was heard before an interruption or a failure stays, cut off. What was
 * said by a model that only did not stop calling tools is whole: it is a reply, or a skip, with the reason beside it.
 */
export const verdictOf = (exit: Exit.Exit<Done, TurnError>, draft: Brought): Verdict => {
  const { spent } = draft
  const text = draft.text.trim()
  const silent = draft.skipped || text === ""
  const said = silent ? null : text
  const ended = (how: Finish) => ({ said, finish: silent ? null : how })
  const outcome = silent ? "skipped" : "replied"
  if (Exit.isSuccess(exit)) {
    // A word or two about a skip does no harm; a speech that nobody heard must not be taken for one that was.
    const done = draft.unheard > heldBack ? forgotten(exit.value) : exit.value
    return { outcome, ...ended(done.finish), error: null, done, spent, isFree: false }
  }
  if (Cause.isInterruptedOnly(exit.cause)) {
    const isFree = draft.waiting !== null && isUnasked[draft.waiting.reason]
    return { outcome: "interrupted", ...ended("interrupted"), error: null, done: null, spent, isFree }
  }
  const error = Option.getOrElse(Cause.failureOption(exit.cause), () => ({ _tag: "Defect" as const }))
  if (error._tag === "TooManyToolCalls" && (draft.skipped || text !== ""))
    return { outcome, ...ended("stop"), error, done: null, spent, isFree: false }
  const isFree = draft.firstTokenMs === null && isRefusal[error._tag]
  return { outcome: "failed", ...(draft.shown ? ended("error") : nothing), error, done: null, spent, isFree }
}

const nothing = { said: null, finish: null }

/** The turn counts, its session does not go on. */
const forgotten = (done: Done): Done => ({ ...done, sessionId: null })

/** True where a turn waits before the provider has done any work. */
const isUnasked: Readonly<Record<WaitReason, boolean>> = {
  rate_limited: true,
  overloaded: true,
  server_failed: true,
  unreachable: true,
  busy: true,
  unreadable: false,
  crashed: false,
  timed_out: false
}

/** True where a turn fails before the provider has done any work. */
const isRefusal: Readonly<Record<TurnError["_tag"] | "Defect", boolean>> = {
  PoolBusy: true,
  RateLimited: true,
  Overloaded: true,
  ServerFailed: true,
  Unreachable: true,
  Unauthorized: true,
  QuotaExhausted: true,
  ModelUnknown: true,
  SessionLost: true,
  ContextExceeded: true,
  ImagesRefused: true,
  InvalidRequest: true,
  Refused: false,
  TimedOut: false,
  TooManyToolCalls: false,
  TooLong: false,
  Unreadable: false,
  Crashed: false,
  Defect: false
}
