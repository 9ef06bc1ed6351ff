import * as Dice from "./Dice.ts"
import type { RoomUpdate } from "../../src/domain/Room.ts"
import type { Temper } from "./Script.ts"
import type { Trouble } from "./Disk.ts"
import type { Fuse } from "./World.ts"

/** What somebody does. Rooms, agents and the like are counted round: the nth of those there are then. */
export type Step =
  | { readonly do: "say"; readonly room: number; readonly mentions: ReadonlyArray<number>; readonly key: number | null }
  | { readonly do: "pause" | "resume" | "remove" | "clear" | "read" | "go on"; readonly room: number }
  | { readonly do: "set"; readonly room: number; readonly to: typeof RoomUpdate.Type }
  | { readonly do: "create" | "restart" }
  | { readonly do: "limit"; readonly room: number; readonly limit: number | null }
  | { readonly do: "join" | "leave"; readonly room: number; readonly agent: number }
  | { readonly do: "persona"; readonly agent: number; readonly how: "retire" | "restore" | "rewrite" }
  | { readonly do: "attach"; readonly room: number; readonly from: "now" | "start" | "last" | "nowhere" }
  | { readonly do: "detach" | "hang up"; readonly nth: number }
  | { readonly do: "trouble"; readonly with: Trouble }
  | { readonly do: "crash"; readonly when: Fuse | "now" }

/** What the server gets to do before the next step: nothing, so many tasks, all it can, or time passes. */
export type Pause = "none" | "some" | "rest" | "time"

export interface Move {
  readonly step: Step
  readonly pause: Pause
  readonly amount: number
}

export interface Schedule {
  readonly seed: number
  /** Which house it begins in. */
  readonly house: number
  readonly temper: Temper
  /** Whether fibers give way to each other at any step. */
  readonly fitful: boolean
  readonly settings: Readonly<Record<string, string>>
  readonly moves: ReadonlyArray<Move>
}

const weights = {
  say: 30,
  pause: 6,
  resume: 5,
  clear: 3,
  remove: 2,
  read: 5,
  create: 2,
  restart: 1,
  limit: 5,
  set: 9,
  "go on": 3,
  join: 5,
  leave: 4,
  persona: 2,
  attach: 6,
  detach: 3,
  "hang up": 2,
  trouble: 4,
  crash: 4
}

const step = (dice: Dice.Dice): Step => {
  const kind = dice.weighted(weights)
  const room = dice.below(6)
  const agent = dice.below(8)
  switch (kind) {
    case "say": {
      const mentions = dice.chance(0.3) ? Array.from({ length: dice.between(1, 2) }, () => dice.below(8)) : []
      return { do: kind, room, mentions, key: dice.chance(0.3) ? dice.below(4) : null }
    }
    case "limit":
      return { do: kind, room, limit: dice.chance(0.3) ? null : dice.below(8) }
    case "set":
      return { do: kind, room, to: setting(dice) }
    case "join":
    case "leave":
      return { do: kind, room, agent }
    case "persona":
      return { do: kind, agent, how: dice.of("retire", "restore", "rewrite") }
    case "attach":
      return { do: kind, room, from: dice.of("now", "now", "start", "last", "last", "nowhere") }
    case "detach":
    case "hang up":
      return { do: kind, nth: dice.below(4) }
    case "crash":
      return { do: kind, when: fuse(dice) }
    case "trouble": {
      const times = dice.of(1, 2, 6, 20)
      return {
        do: kind,
        with: { how: dice.of("locked", "full", "failing"), at: dice.of("begin", "change", "commit"), times }
      }
    }
    case "create":
    case "restart":
      return { do: kind }
    default:
      return { do: kind, room }
  }
}

const setting = (dice: Dice.Dice): typeof RoomUpdate.Type =>
  dice.of<typeof RoomUpdate.Type>(
    { turn_policy: dice.of("priority", "round_robin", "mentioned_only", "concurrent") },
    { turn_policy: "concurrent" },
    { double_text: dice.of("interrupt", "enqueue", "reject") },
    { someone_answers: dice.chance(0.5) },
    { max_messages: dice.between(1, 5) },
    { max_follow_ups: dice.below(3) },
    { budget_tokens: dice.of(null, 0, 4000, 6000, 20_000) },
    { budget_usd: dice.of(null, 0.01, 0.06, 0.2) },
    { autonomous: dice.chance(0.7), autonomous_every: 10, autonomous_ceiling: 60, autonomous_max_rounds: 3 }
  )

const fuse = (dice: Dice.Dice): Fuse | "now" => {
  const at = dice.of("now" as const, "task" as const, "before commit" as const, "after commit" as const)
  if (at === "now") return at
  return { at, left: at === "task" ? dice.below(200) : dice.below(8) }
}

const move = (dice: Dice.Dice): Move => {
  const pause = dice.weighted({ none: 3, some: 3, rest: 3, time: 5 })
  const amount = pause === "some" ? dice.between(1, 60) : pause === "time" ? dice.of(1, 50, 400, 1500, 6000, 20_000) : 0
  return { step: step(dice), pause, amount }
}

/** The same seed gives the same schedule. */
export const from = (seed: number): Schedule => {
  const dice = Dice.make(seed)
  return {
    seed,
    house: dice.below(4),
    temper: { faults: dice.of(0, 0.05, 0.3), talk: dice.of(0.2, 0.4, 0.7) },
    fitful: dice.chance(0.4),
    settings: {
      AGENT_POOL_MAX_SIZE: String(dice.of(1, 2, 16)),
      AGENT_POOL_MAX_WAITING: String(dice.of(0, 8)),
      AGENT_POOL_IDLE_SECONDS: String(dice.of(2, 600)),
      PROVIDER_PATIENCE_SECONDS: String(dice.of(0, 2, 30)),
      CONTEXT_WINDOW: String(dice.of(3, 100)),
      WRITE_QUEUE_CAPACITY: String(dice.of(2, 4096, 4096))
    },
    moves: Array.from({ length: dice.between(6, 18) }, () => move(dice))
  }
}
