import type { Outcome, StopReason } from "../domain/Round.ts"

const list = new Intl.ListFormat("en", { type: "conjunction" })

export const names = (all: ReadonlyArray<string>) => list.format(all)

/** Why a round ended, for people; null where the conversation already shows it. */
export const stopped: Readonly<Record<StopReason, string | null>> = {
  complete: "End of the round.",
  everyone_skipped: "Nobody had anything to add.",
  max_interactions: "The room has reached its limit of replies.",
  max_messages: "The round has reached its limit of replies. Write to go on.",
  max_rounds: "The round has gone on for as long as it may. Write to go on.",
  budget: "The budget is spent.",
  loop_guard: "The talk was going in circles and was stopped. Write to go on.",
  paused: null,
  interrupted: null,
  provider_unavailable: "The provider cannot be reached at the moment.",
  no_agents: "There is no agent in this room yet. Seat one under “Agents”."
}

const failures: Readonly<Record<string, string>> = {
  RateLimited: "the provider asks for a pause between requests",
  Overloaded: "the provider is overloaded",
  Unauthorized: "the provider did not accept the key",
  SessionLost: "the model's session was lost",
  InvalidRequest: "the provider did not accept the request",
  TimedOut: "the provider took too long",
  Crashed: "the provider broke off",
  Busy: "no place was free for another session"
}

/** What became of a turn that left no message; null where nothing need be said. */
export const outcome = (who: string, result: Outcome, error: string | null): string | null => {
  if (result === "failed") return `${who} could not answer: ${failures[error ?? ""] ?? "something went wrong"}.`
  if (result === "discarded") return `What ${who} was saying was overtaken and dropped.`
  return null
}

export const skipped = (who: ReadonlyArray<string>) => `${names(who)} had nothing to add.`

/** Why what is said here is no model's; null when it is one's. */
export const scriptBanner = (isModel: boolean, models: ReadonlyArray<string>) => {
  if (isModel) return null
  const remedy =
    models.length > 0
      ? `Make a new room with ${names(models)} to have a model speak.`
      : "Set ANTHROPIC_API_KEY and start the server again to have a model speak."
  return `These replies come from a script, not from a model. ${remedy}`
}

const waiting = (next: ReadonlyArray<string>) => (next.length > 0 ? `Next: ${names(next)}.` : "")

/** The line above the message box. */
export const status = (room: {
  readonly connected: boolean
  readonly paused: boolean
  readonly speaking: ReadonlyArray<string>
  readonly thinking: ReadonlyArray<string>
  readonly next: ReadonlyArray<string>
}) => {
  if (!room.connected) return "The connection is lost. Trying again…"
  if (room.paused) return "Paused. Nobody speaks until the room goes on."
  const said = (who: ReadonlyArray<string>, what: string) =>
    who.length > 0 ? `${names(who)} ${who.length > 1 ? "are" : "is"} ${what}.` : ""
  return [said(room.speaking, "speaking"), said(room.thinking, "thinking"), waiting(room.next)]
    .filter(Boolean)
    .join(" ")
}
