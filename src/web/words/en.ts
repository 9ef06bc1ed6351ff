import type { Finish } from "../../domain/Finish.ts"
import type { WaitReason } from "../../domain/ProviderState.ts"
import type { Outcome, Reason, StopReason } from "../../domain/Round.ts"
import type { TurnError } from "../../domain/TurnError.ts"
import { type Failure, failureIn } from "./failure.ts"

const list = new Intl.ListFormat("en", { type: "conjunction" })
const names = (all: ReadonlyArray<string>) => list.format(all)

const count = (one: string, many: string) => (number: number) => `${number} ${number === 1 ? one : many}`

const stopped: Readonly<Record<StopReason, string | null>> = {
  complete: "End of the round.",
  everyone_skipped: "Nobody had anything to add.",
  max_interactions: "The room has reached its limit of replies. Raise it in the settings to go on.",
  max_messages: "The round has reached its limit of replies.",
  max_rounds: "The round has gone on for as long as it may.",
  budget: "The budget does not allow another turn. The room is paused.",
  loop_guard: "The talk was going in circles and was stopped.",
  paused: null,
  interrupted: null,
  provider_unavailable: "The provider cannot be reached at the moment.",
  no_agents: "There is no agent in this room yet. Seat one under “Agents”.",
  nobody_mentioned: "Only those who are mentioned answer here, and nobody was. Write @name, or @all.",
  set_aside: "This round was set aside; “Continue” tries it once more."
}

const failures: Readonly<Record<TurnError["_tag"], string>> = {
  RateLimited: "the provider asks for a pause between requests",
  Overloaded: "the provider is overloaded",
  ServerFailed: "the provider failed at this request",
  Unreachable: "the provider cannot be reached; check its address, and that it runs",
  Unauthorized: "the provider did not accept the key; check the key in the settings",
  QuotaExhausted: "the provider's account has no credit left; add some, or choose another provider",
  ModelUnknown: "the provider does not have this model; choose another one for the room",
  Refused: "the model, or a filter before it, does not answer this",
  SessionLost: "the model's session was lost",
  ContextExceeded: "the conversation is longer than the model can read",
  ImagesRefused: "the model takes no pictures",
  InvalidRequest: "the provider did not accept the request",
  TimedOut: "the provider took too long",
  Unreadable: "the provider's answer holds nothing that can be used",
  Crashed: "the provider broke off",
  TooManyToolCalls: "the model did not stop calling tools",
  TooLong: "the model did not come to an end",
  PoolBusy: "no place was free for another session"
}

const waits: Readonly<Record<WaitReason, string>> = {
  rate_limited: "rate limited",
  overloaded: "overloaded",
  server_failed: "failed",
  unreachable: "cannot be reached",
  unreadable: "answered nothing usable",
  crashed: "broke off",
  timed_out: "took too long",
  busy: "others come first"
}

const failure = failureIn(failures, "something went wrong")

/** Refusals that a page meets in everyday use; others say it in the server's words. */
const refusals: Readonly<Record<string, string>> = {
  RoomBusy: "The room is still answering. Try again when it is quiet.",
  RoomPaused: "The room is paused: resume it first.",
  WriteRefused: "The server has too much to write at the moment. Try again soon.",
  StorageFull: "The server's disk is full: nothing was stored. It goes on as soon as there is room.",
  "StorageUnavailable.locked": "Another program holds the server's database. Nothing was stored; try again soon.",
  "StorageUnavailable.failing": "The server's disk does not answer. Nothing was stored; try again soon.",
  StorageUnavailable: "The server's database must be mended by whoever runs it. Nothing was stored."
}

const kinds: Readonly<Record<string, string>> = {
  message: "after a message",
  continue: "asked to continue",
  autonomous: "by themselves"
}

const outcomes: Readonly<Record<Outcome, string>> = {
  replied: "replied",
  skipped: "had nothing to add",
  failed: "could not answer",
  interrupted: "was interrupted",
  discarded: "was overtaken and dropped"
}

const reasons: Readonly<Record<Reason, string>> = {
  interrupts: "speaks after every reply",
  mentioned: "was mentioned",
  first: "comes before the others",
  shuffled: "by lot",
  last: "comes after the others",
  in_turn: "was next in turn",
  together: "together with the others",
  final: "has the last word",
  critic: "looks back on it as a critic"
}

const said = (who: ReadonlyArray<string>, what: string) =>
  who.length > 0 ? `${names(who)} ${who.length > 1 ? "are" : "is"} ${what}.` : ""

export const english = {
  failure,
  outcomes,
  reasons,

  /** Why a round ended; null where the conversation already shows it. */
  stopped: (reason: StopReason, detail: string | null) => {
    const text = stopped[reason]
    return text === null || detail === null ? text : `${text} ${detail}.`
  },

  stops: {
    complete: "complete",
    everyone_skipped: "nobody had anything to add",
    max_interactions: "limit of the room's replies",
    max_messages: "limit of replies to one message",
    max_rounds: "limit of passes",
    budget: "budget",
    loop_guard: "going in circles",
    paused: "paused",
    interrupted: "interrupted",
    provider_unavailable: "provider not reached",
    no_agents: "no agents",
    nobody_mentioned: "nobody was mentioned",
    set_aside: "set aside"
  } satisfies Readonly<Record<StopReason, string>>,
  underWay: "under way",

  /** What became of a turn that left no message; null where nothing need be said. */
  outcome: (who: string, result: Outcome, error: Failure | null): string | null => {
    if (result === "failed") return `${who} could not answer: ${failure(error)}.`
    if (result === "discarded") return `What ${who} was saying was overtaken and dropped.`
    return null
  },

  skipped: (who: ReadonlyArray<string>) => `${names(who)} had nothing to add.`,

  /** Why what is said here is no model's; null when it is one's. */
  scriptBanner: (isModel: boolean, models: ReadonlyArray<string>) => {
    if (isModel) return null
    const remedy =
      models.length > 0
        ? `Make a new room with ${names(models)} to have a model speak.`
        : "Set ANTHROPIC_API_KEY and start the server again to have a model speak."
    return `These replies come from a script, not from a model. ${remedy}`
  },

  waits: (provider: string, reason: WaitReason, until: string | null) =>
    `waits for ${provider} (${waits[reason]})${until === null ? "" : ` until ${until}`}`,
  offline: "The connection is lost. Trying again…",
  paused: "Paused. Nobody speaks until the room goes on; what you write now is answered then.",
  overBudget: "Paused by the budget. Raise or remove it, then resume.",
  circles: (detail: string) => `Going in circles: ${detail}. Write something, or let them continue.`,
  speaking: (who: ReadonlyArray<string>) => said(who, "speaking"),
  thinking: (who: ReadonlyArray<string>) => said(who, "thinking"),
  next: (who: ReadonlyArray<string>) => (who.length > 0 ? `Next: ${names(who)}.` : ""),
  atIt: ", at it now",
  isNext: ", next",

  pause: "Pause",
  resume: "Resume",
  goOn: "Continue",
  goOnTitle: "Let the agents go on without a word from you",
  budgets: "Budget",
  deleted: "This room was deleted.",
  loginEnded: "Your login has ended. Please enter again.",
  role: (role: string) => `Here as ${role}.`,
  unread: "unread",
  unreadFeedback: ", something new",
  pausedMark: "paused · ",
  isScript: (provider: string) => `${provider} (a script, not a model)`,

  situation: "The situation",
  you: "You",
  unknown: "Unknown",
  thoughts: "Thoughts",
  /** How words ended that did not end by themselves. */
  cuts: {
    stop: null,
    length: "cut off at the limit of tokens",
    refusal: "broken off by a refusal",
    filter: "cut off by a filter",
    paused: "paused by the provider",
    interrupted: "cut off",
    error: "broken off by an error"
  } satisfies Readonly<Record<Finish, string | null>>,
  mention: (name: string) => `Mention ${name}`,
  nothingSaid: "Nothing has been said here yet. In this room:",
  nobodySits: "No agent sits here yet.",
  howToWrite: "What you write is answered in turn. @name puts somebody first.",
  howToSeat: "Seat one or more under “Agents” above.",
  noGroup: "Without a group",
  noAgents: "There are no agents yet. Each is a folder of Markdown files in agents/.",

  answered: (status: number) => `The server answered ${status}`,
  trace: (id: string) => ` (trace ${id})`,
  tooMany: (seconds: number) =>
    `That was too much at once. Try again in ${seconds === 1 ? "a second" : `${seconds} seconds`}.`,
  refusals,

  turns: count("turn", "turns"),
  replies: count("reply", "replies"),
  tokens: (number: string) => `${number} tokens`,
  spentOf: (spent: string, budget: string) => `${spent} of ${budget}`,
  noBudget: (spent: string) => `${spent}, no budget`,
  parts: (sent: string, received: string, cached: string) => `${sent} in · ${received} out · ${cached} cached`,
  setAside: (number: string) => `${number} set aside`,
  money: "Money",
  tokensTitle: "Tokens",
  whole: "The room",
  kinds,
  notReached: "was not reached",
  firstToken: (millis: string) => `first token after ${millis} ms`,
  took: (millis: string) => `${millis} ms in all`,
  traceOf: "trace",
  causeTrace: "Trace of the request",
  seed: (seed: number) => `seed ${seed}`,
  unknownMentions: (who: ReadonlyArray<string>) => `Nobody here is called ${names(who)}.`,
  allowed: (values: string) => `This must be ${values}.`,
  checkFields: "Nothing was saved: something below is not as it should be."
}

export type Words = typeof english
