import {
  Crashed,
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  SessionLost,
  Unauthorized
} from "../../src/domain/ProviderError.ts"
import {
  call,
  die,
  fail,
  hang,
  pause,
  say,
  type Script,
  type Step,
  stop,
  think
} from "../../src/models/Providers/Scripted/Script.ts"
import type { Dice } from "./Dice.ts"

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
  /** The end of the turn, in a session that goes on, is another from now on, or cannot be resumed. */
  readonly done: (as: "same" | "new" | "without id") => Step
}

const skip = call("skip")

const errors = (dice: Dice): ProviderError =>
  dice.of<ProviderError>(
    new RateLimited({ retryAfterMs: 500 }),
    new Overloaded({ retryAfterMs: null }),
    new Unauthorized(),
    new Crashed({ reason: "as scripted" }),
    new InvalidRequest({ reason: "as scripted" })
  )

const wait = (dice: Dice): Script => {
  const ms = dice.of(0, 0, 0, 1, 40, 300, 1500)
  return ms === 0 ? [] : [pause(ms)]
}

/** The tag comes first, so that whatever is kept of the speech can be told apart. */
const speech = (dice: Dice, tag: string): Script => {
  const deltas = Array.from({ length: dice.between(0, 3) }, (_, n) => ` and then, in the ${n}th place, something else`)
  return [say(`${tag} I say`), ...deltas.flatMap((text) => [...wait(dice), say(text)])]
}

const thanks = (tag: string) => [say(`${tag} Thank you!`), say(" Thank you so much, that is very kind of you.")]

const finish = (dice: Dice, { done }: Cue) => done(dice.of("same", "same", "new", "new", "without id"))

const wrong = (dice: Dice, cue: Cue): Script => {
  const { resumes, tag } = cue
  const begin = dice.chance(0.5) ? speech(dice, tag) : []
  const drip = Array.from({ length: 20 }, () => [pause(3000), say(" drip")]).flat()
  switch (dice.weighted({ error: 6, lost: resumes ? 6 : 1, die: 2, endless: 2, hang: 4, drip: 2, mute: 1 })) {
    case "error":
      return [...begin, fail(errors(dice))]
    case "lost":
      return [fail(new SessionLost())]
    case "die":
      return [...begin, die]
    case "endless":
      return [...begin, stop]
    case "hang":
      return [...begin, hang]
    case "drip":
      return [say(tag), ...drip, finish(dice, cue)]
    case "mute":
      return [skip, hang]
  }
}

/** What the model does in one turn. */
export const turn = (dice: Dice, cue: Cue): Script => {
  const { room, tag, temper } = cue
  if (dice.chance(temper.faults)) return [...wait(dice), ...wrong(dice, cue)]
  const end = [...wait(dice), finish(dice, cue)]
  if (!dice.chance(temper.talk)) {
    const kind = dice.weighted({ skip: 6, empty: 1, blank: 1, late: 1, slow: 2 })
    if (kind === "empty") return [...wait(dice), ...end]
    if (kind === "blank") return [say("  "), say("\n"), ...end]
    if (kind === "late") return [say("Hm."), skip, say(" (silent)"), ...end]
    return [...wait(dice), ...(kind === "slow" ? [think("Hm."), ...wait(dice)] : []), skip, ...end]
  }
  const kind = dice.weighted({ speech: 8, thanks: 3, note: 1, heard: 1, thought: 1 })
  if (kind === "thanks") return [...wait(dice), ...thanks(tag), ...end]
  const note = call("memorize", { memory_entry: `note of room ${room}.` })
  const before: Record<string, Script> = { note: [note], thought: [think("Let me see.")] }
  const after = kind === "heard" ? [say(" which is long enough to be heard by everybody."), skip] : []
  return [...wait(dice), ...(before[kind] ?? []), ...speech(dice, tag), ...after, ...end]
}
