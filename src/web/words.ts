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

const inEnglish = {
  attach: "Attach pictures",
  list: "Pictures to send",
  attached: (number: number) => `Picture ${number}, not sent yet`,
  remove: (number: number) => `Remove picture ${number}`,
  tooMany: (most: number) => `A message can have at most ${most} pictures.`,
  unreadable: (name: string) => `“${name}” is not a picture that can be shown.`,
  shown: (number: number, count: number, who: string) =>
    count === 1 ? `Picture from ${who}` : `Picture ${number} of ${count} from ${who}`,
  count: (count: number) => (count === 1 ? "a picture" : `${count} pictures`)
}

const inKorean: typeof inEnglish = {
  attach: "사진 첨부",
  list: "보낼 사진",
  attached: (number) => `사진 ${number}, 아직 보내지 않음`,
  remove: (number) => `사진 ${number} 빼기`,
  tooMany: (most) => `메시지 하나에 사진은 최대 ${most}장까지 넣을 수 있습니다.`,
  unreadable: (name) => `“${name}” 파일은 사진으로 표시할 수 없습니다.`,
  shown: (number, count, who) => (count === 1 ? `${who} 님의 사진` : `${who} 님의 사진 ${count}장 중 ${number}번째`),
  count: (count) => `사진 ${count}장`
}

/** In the language of the page. */
export const pictureWords = () => (document.documentElement.lang === "ko" ? inKorean : inEnglish)
