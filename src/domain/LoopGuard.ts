import { Option } from "effect"
import type { AgentId } from "./Agent.ts"
import { shownSpeaker } from "./ShownName.ts"

/** Something an agent said since a person did; oldest first. */
export interface Reply {
  readonly agent_id: AgentId
  readonly agent_name: string
  readonly agent_display_name: string | null
  readonly content: string
}

/** How many replies the guard looks back on. */
export const span = 12

/** How much of a reply it looks at. */
export const longest = 20_000

const nearlyTheSame = 0.9
const alike = 0.5
const repeats = 3
const exchange = 8

/** Why the agents go round in circles, in words for people; none while they do not. */
export const circling = (replies: ReadonlyArray<Reply>): Option.Option<string> => {
  const recent = replies.slice(-span).map((reply) => ({ ...reply, shape: shapeOf(reply.content) }))
  return Option.orElse(repetition(recent), () => alternation(recent))
}

/**
 * True for a reply that nobody needs to answer: no words in it, or word for word what its agent said shortly before.
 */
export const isIdle = (reply: Reply, before: ReadonlyArray<Reply>) => {
  const words = normalise(reply.content)
  return (
    words === "" ||
    before.slice(-span).some(({ agent_id, content }) => agent_id === reply.agent_id && normalise(content) === words)
  )
}

interface Shaped extends Reply {
  readonly shape: Shape
}

const repetition = (replies: ReadonlyArray<Shaped>) => {
  const repeated = replies.filter((reply, index) =>
    replies.slice(0, index).some((earlier) => similarity(earlier.shape, reply.shape) >= nearlyTheSame)
  )
  return repeated.length < repeats
    ? Option.none()
    : Option.some(`${repeated.length} of the last ${replies.length} replies repeat what was said before`)
}

const alternation = (replies: ReadonlyArray<Shaped>) => {
  const last = replies.slice(-exchange)
  const [first, second] = last
  const swings =
    last.length === exchange &&
    first?.agent_id !== second?.agent_id &&
    last.every(({ agent_id }, index) => agent_id === (index % 2 === 0 ? first : second)?.agent_id)
  if (!swings) return Option.none()
  const likeness = last.slice(2).map((reply, index) => similarity(last[index]?.shape ?? reply.shape, reply.shape))
  const mean = likeness.reduce((sum, it) => sum + it, 0) / likeness.length
  return mean < alike
    ? Option.none()
    : Option.some(`${last.slice(0, 2).map(shownSpeaker).join(" and ")} have been saying nearly the same to each other`)
}

const normalise = (text: string) =>
  text
    .slice(0, longest)
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()

type Shape = ReadonlyMap<string, number>

// What a reply begins with tells whether it is the same again; a long one need not be counted whole.
const looked = 2000

/** How often each group of three letters occurs. */
const shapeOf = (text: string): Shape => {
  const padded = ` ${normalise(text).slice(0, looked)} `
  const counts = new Map<string, number>()
  for (let at = 0; at + 3 <= padded.length; at++) {
    const group = padded.slice(at, at + 3)
    counts.set(group, (counts.get(group) ?? 0) + 1)
  }
  return counts
}

const sizeOf = (shape: Shape) => [...shape.values()].reduce((sum, count) => sum + count, 0)

/** Sørensen-Dice coefficient of the letter groups: 0 for nothing in common, 1 for the same groups as often. */
export const similarity = (one: Shape, other: Shape) => {
  const all = sizeOf(one) + sizeOf(other)
  if (all === 0) return 1
  let common = 0
  for (const [group, count] of one) common += Math.min(count, other.get(group) ?? 0)
  return (2 * common) / all
}
