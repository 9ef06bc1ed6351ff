import { Option } from "effect"
import type { RoomRow } from "./Room.ts"
import { leastTurn } from "./RoomSettings.ts"
import type { StopReason } from "./Round.ts"
import { type Amount, type Spending, totalOf } from "./Usage.ts"

/** A round at the moment that a turn of it wants to begin. */
export interface RoundState {
  /** False once somebody has ended the round. */
  readonly isOpen: boolean
  /** Replies of this round. */
  readonly replies: number
  /** Turns under way in the room, each of which may become a reply. */
  readonly speaking: number
  /** What those turns have set aside. */
  readonly reserved: Amount
}

/** The room and its round at the moment that a turn wants to begin. */
interface Standing extends RoundState {
  readonly room: RoomRow
}

export interface Wish {
  /** Critics are heard beside the room: their turns cost, but are no replies. */
  readonly isCritic: boolean
  /** Last words that are still to come; room is left for them. */
  readonly lastWords: number
  readonly needs: Amount
}

export interface Refusal {
  readonly reason: StopReason
  /** Only turns under way stand against it: when they end without a reply, or cheaper, the wish may be granted. */
  readonly forNow: boolean
}

/** Why the turn may not begin; none when it may. The limits hold whatever the turns under way come to. */
export const refusal = (standing: Standing, wish: Wish): Option.Option<Refusal> => {
  const { isOpen, room } = standing
  if (!isOpen) return final("interrupted")
  if (room.is_paused) return final("paused")
  if (room.loop_guard !== null && !wish.isCritic) return final("loop_guard")
  return Option.orElse(overBudget(standing, wish), () => (wish.isCritic ? Option.none() : overCount(standing, wish)))
}

const final = (reason: StopReason) => Option.some<Refusal>({ reason, forNow: false })

const overBudget = ({ reserved, room, speaking }: Standing, { needs }: Wish) => {
  const exceeds = (budget: number | null, amount: number) => budget !== null && amount > budget
  const over = (held: Amount) =>
    exceeds(room.budget_tokens, room.spent_tokens + held.tokens + needs.tokens) ||
    exceeds(room.budget_usd, room.spent_usd + held.usd + needs.usd)
  if (!over(reserved)) return Option.none()
  return Option.some<Refusal>({ reason: "budget", forNow: speaking > 0 && !over({ tokens: 0, usd: 0 }) })
}

const overCount = ({ replies, room, speaking }: Standing, { lastWords }: Wish) => {
  const full = (limit: number | null, said: number) => limit !== null && said + lastWords >= limit
  const reached = (others: number): Option.Option<StopReason> => {
    if (full(room.max_interactions, room.interactions + others)) return Option.some("max_interactions")
    return full(room.max_messages, replies + others) ? Option.some("max_messages") : Option.none()
  }
  return Option.map(reached(speaking), (reason) => ({ reason, forNow: Option.isNone(reached(0)) }))
}

const margin = 1.5

/**
 * What to set aside for a turn: the text at three characters a token, the session that it goes on from, and an answer;
 * in money, half more than the dearest of the room's latest turns.
 */
export const reservation = (turn: {
  readonly characters: number
  readonly sessionTokens: number
  readonly recentUsd: ReadonlyArray<number>
}): Amount => ({
  tokens: Math.ceil(turn.characters / 3) + turn.sessionTokens + leastTurn.tokens,
  usd: turn.recentUsd.length === 0 ? leastTurn.usd : margin * Math.max(...turn.recentUsd)
})

/** Of what a turn is told beside its prompt, with a short message; in characters. */
const shortTalk = 1500

/** The tokens with which one of the agents could answer a short message, by the length of their prompts. */
export const leastBudget = (prompts: ReadonlyArray<number>) => {
  const characters = prompts.length === 0 ? 0 : Math.min(...prompts) + shortTalk
  return reservation({ characters, sessionTokens: 0, recentUsd: [] }).tokens
}

const nothing: Amount = { tokens: 0, usd: 0 }

/**
 * What a turn counts for: what the provider told of it; for a request of which it did not tell, what was set aside,
 * never nothing, unless the provider took nothing on. Where no request is untold, as after one that was refused,
 * nothing is owed.
 */
export const settled = (
  reserved: Amount,
  { isFree, spent }: { readonly isFree: boolean; readonly spent: Spending }
): Amount => {
  const { isWhole, usage } = spent
  const owed = isWhole || isFree ? nothing : reserved
  if (usage === null) return owed
  return {
    tokens: totalOf(usage) + owed.tokens,
    usd: usage.costUsd === null ? reserved.usd : usage.costUsd + owed.usd
  }
}
