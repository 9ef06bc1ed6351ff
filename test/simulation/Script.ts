import {
  Crashed,
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  SessionLost,
  Unauthorized
} from "../../src/domain/Provider.ts"
import type { Dice } from "./Dice.ts"

/** One thing that a model does in its turn. */
export type Act =
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "say" | "think"; readonly text: string }
  | { readonly do: "tool"; readonly name: string; readonly input: Readonly<Record<string, string>> }
  | { readonly do: "fail"; readonly error: ProviderError }
  | { readonly do: "die" | "hang" }
  | { readonly do: "done"; readonly as: "same" | "new" | "without id" }

export interface Temper {
  /** How often a turn goes wrong. */
  readonly faults: number
  /** How often an agent has something to say. */
  readonly talk: number
}

export interface Cue {
  readonly tag: string
  readonly room: number
  readonly resumes: boolean
  readonly temper: Temper
}

const hang: Act = { do: "hang" }
const skip: Act = { do: "tool", name: "skip", input: {} }

const errors = (dice: Dice): ProviderError =>
  dice.of<ProviderError>(
    new RateLimited({ retryAfterMs: 500 }),
    new Overloaded({ retryAfterMs: null }),
    new Unauthorized(),
    new Crashed({ reason: "as scripted" }),
    new InvalidRequest({ reason: "as scripted" })
  )

const wait = (dice: Dice): ReadonlyArray<Act> => {
  const ms = dice.of(0, 0, 0, 1, 40, 300, 1500)
  return ms === 0 ? [] : [{ do: "wait", ms }]
}

const say = (text: string): Act => ({ do: "say", text })

/** The tag comes first, so that whatever is kept of the speech can be told apart. */
const speech = (dice: Dice, tag: string): ReadonlyArray<Act> => {
  const deltas = Array.from({ length: dice.between(0, 3) }, (_, n) => ` and then, in the ${n}th place, something else`)
  return [say(`${tag} I say`), ...deltas.flatMap((text) => [...wait(dice), say(text)])]
}

const thanks = (tag: string) => [say(`${tag} Thank you!`), say(" Thank you so much, that is very kind of you.")]

const done = (dice: Dice): Act => ({ do: "done", as: dice.of("same", "same", "new", "new", "without id") })

const wrong = (dice: Dice, { resumes, tag }: Cue): ReadonlyArray<Act> => {
  const begin = dice.chance(0.5) ? speech(dice, tag) : []
  const drip = Array.from({ length: 20 }, (): ReadonlyArray<Act> => [{ do: "wait", ms: 3000 }, say(" drip")]).flat()
  switch (dice.weighted({ error: 6, lost: resumes ? 6 : 1, die: 2, endless: 2, hang: 4, drip: 2, mute: 1 })) {
    case "error":
      return [...begin, { do: "fail", error: errors(dice) }]
    case "lost":
      return [{ do: "fail", error: new SessionLost() }]
    case "die":
      return [...begin, { do: "die" }]
    case "endless":
      return begin
    case "hang":
      return [...begin, hang]
    case "drip":
      return [say(tag), ...drip, done(dice)]
    case "mute":
      return [skip, hang]
  }
}

/** What the model does in one turn. */
export const turn = (dice: Dice, cue: Cue): ReadonlyArray<Act> => {
  const { room, tag, temper } = cue
  if (dice.chance(temper.faults)) return [...wait(dice), ...wrong(dice, cue)]
  const end = [...wait(dice), done(dice)]
  if (!dice.chance(temper.talk)) {
    const kind = dice.weighted({ skip: 6, empty: 1, blank: 1, late: 1, slow: 2 })
    if (kind === "empty") return [...wait(dice), ...end]
    if (kind === "blank") return [say("  "), say("\n"), ...end]
    if (kind === "late") return [say("Hm."), skip, say(" (silent)"), ...end]
    return [
      ...wait(dice),
      ...(kind === "slow" ? [{ do: "think" as const, text: "Hm." }, ...wait(dice)] : []),
      skip,
      ...end
    ]
  }
  const kind = dice.weighted({ speech: 8, thanks: 3, note: 1, heard: 1, thought: 1 })
  if (kind === "thanks") return [...wait(dice), ...thanks(tag), ...end]
  const note: Act = { do: "tool", name: "memorize", input: { memory_entry: `note of room ${room}.` } }
  const before: Record<string, ReadonlyArray<Act>> = { note: [note], thought: [{ do: "think", text: "Let me see." }] }
  const after = kind === "heard" ? [say(" which is long enough to be heard by everybody."), skip] : []
  return [...wait(dice), ...(before[kind] ?? []), ...speech(dice, tag), ...after, ...end]
}
