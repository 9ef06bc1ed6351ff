import { type Cause, Effect } from "effect"
import { counter } from "./metric.ts"

const failures = counter(
  "parley_background_failures_total",
  "What broke where nobody waits for an answer; the log says how",
  "part"
)

const parts = [
  "agents",
  "backup",
  "commit",
  "housekeeping",
  "metrics",
  "personas",
  "pool",
  "recovery",
  "removal",
  "round",
  "scheduler",
  "turn"
] as const
for (const part of parts) failures(0, part)

/** Logs, with its trace, what broke in work that answers nobody, and counts it. */
export const broke = (part: (typeof parts)[number], words: string, cause: Cause.Cause<unknown>) =>
  Effect.zipRight(
    Effect.sync(() => failures(1, part)),
    Effect.logError(words, cause)
  )
