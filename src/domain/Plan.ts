import { Array, Order, Utils } from "effect"
import type { Cell, Outcome, PassInput, Planned, Reason, Tape } from "./Round.ts"

/** The cells of one pass, from what is given alone: the same input gives the same cells. */
export const planPass = (input: PassInput): Tape => {
  const [speakers, critics] = Array.partition(input.members, (member) => member.is_critic)
  if (input.kind === "critics") return together(critics, "critic", input)
  if (input.kind === "final") return finals(speakers, input)
  return policies[input.policy](speakers, input)
}

/** What has come of the pass so far. */
type Heard = ReadonlyArray<{ readonly outcome: Outcome }>

const isSilent = (heard: Heard) => heard.every(({ outcome }) => outcome !== "replied")

/** Whether a place is played after those before it; an agent that wakes nobody has replied all the same. */
export const isDue = ({ after }: Cell, heard: ReadonlyArray<Heard[number] & { agent_id: number; wakes: boolean }>) => {
  if (after === null) return true
  if (after === "nobody") return heard.length > 0 && heard.every(({ outcome }) => outcome === "skipped")
  return heard.some(({ agent_id, wakes }) => agent_id === after && wakes)
}

/** Whether the agent in this place may not stay silent: somebody has to reply, nobody has, and it is the last asked. */
export const mustAnswer = (input: PassInput, tape: Tape, index: number, heard: Heard) => {
  const isCome = (cell: Cell) => cell.pass === input.pass && (cell.after === null || cell.after === "nobody")
  return (
    input.someone_answers &&
    tape[index]?.speakers.length === 1 &&
    isSilent(heard) &&
    !tape.slice(index + 1).some(isCome)
  )
}

type Policy = (speakers: ReadonlyArray<Planned>, input: PassInput) => Tape

/**
 * The interrupting agents first, and again after each other agent that replied and is not transparent; then the
 * mentioned in the order of mention, the prioritised, the others shuffled, and those below zero last.
 */
const byPriority: Policy = (speakers, input) => {
  const [others, interrupters] = Array.partition(speakers, (member) => member.interrupt_every_turn)
  const leading = input.kind === "answer" ? interrupters.map((member) => alone(member, "interrupts", input)) : []
  return [
    ...leading,
    ...ordered(others, input).flatMap(({ member, reason }) => [
      alone(member, reason, input),
      ...interruptions(member, interrupters, input)
    ])
  ]
}

const interruptions = (spoken: Planned, interrupters: ReadonlyArray<Planned>, input: PassInput) =>
  spoken.transparent ? [] : interrupters.map((member) => alone(member, "interrupts", input, spoken.id))

/** Everybody once in the order of joining, from the one after whom spoke last. */
const roundRobin: Policy = (speakers, input) => {
  const last = speakers.findIndex(({ id }) => id === input.last_speaker)
  return [...speakers.slice(last + 1), ...speakers.slice(0, last + 1)].map((member) => alone(member, "in_turn", input))
}

/** Only who was asked by name: by the person at first, by the agents of the pass before later on. */
const mentionedOnly: Policy = (speakers, input) =>
  mentionedAmong(speakers, input).map((member) => alone(member, "mentioned", input))

/**
 * An answer is given by all at once, without hearing each other; if nobody gives one and somebody has to, the first in
 * the order is asked again. What follows has the order of priority.
 */
const concurrent: Policy = (speakers, input) => {
  if (input.kind === "follow_up") return byPriority(speakers, input)
  const [others, interrupters] = Array.partition(speakers, (member) => member.interrupt_every_turn)
  const inOrder = ordered(others, input).map(({ member }) => member)
  const again = input.someone_answers && inOrder.length > 1 ? inOrder.slice(0, 1) : []
  return [
    ...together(inOrder, "together", input),
    ...again.map((member) => alone(member, "together", input, "nobody")),
    ...inOrder.flatMap((member) => interruptions(member, interrupters, input))
  ]
}

const policies = {
  priority: byPriority,
  round_robin: roundRobin,
  mentioned_only: mentionedOnly,
  concurrent
} satisfies Record<PassInput["policy"], Policy>

const finals: Policy = (speakers, input) =>
  ordered(
    speakers.filter((member) => member.final_response),
    input
  ).map(({ member }) => alone(member, "final", input))

const cell = (members: ReadonlyArray<Planned>, reason: Reason, { pass }: PassInput, after: Cell["after"]): Cell => ({
  pass,
  speakers: members.map(({ id, name }) => ({ agent_id: id, name, reason })),
  after
})

const alone = (member: Planned, reason: Reason, input: PassInput, after: Cell["after"] = null) =>
  cell([member], reason, input, after)

const together = (members: ReadonlyArray<Planned>, reason: Reason, input: PassInput) =>
  members.length === 0 ? [] : [cell(members, reason, input, null)]

const mentionedAmong = (members: ReadonlyArray<Planned>, { mentioned }: PassInput) =>
  Array.dedupe(mentioned).flatMap((id) => members.filter((member) => member.id === id))

const ordered = (members: ReadonlyArray<Planned>, input: PassInput) => {
  const priority = priorities(input.priority_agents)
  const mentioned = input.kind === "answer" ? mentionedAmong(members, input) : []
  const rest = members.filter((member) => !mentioned.includes(member))
  const high = rest.filter((member) => priority(member) > 0)
  const plain = rest.filter((member) => priority(member) === 0)
  const low = rest.filter((member) => priority(member) < 0)
  const descending = Order.reverse(Order.mapInput(Order.number, priority))
  const as = (reason: Reason) => (member: Planned) => ({ member, reason })
  return [
    ...mentioned.map(as("mentioned")),
    ...Array.sort(high, descending).map(as("first")),
    ...shuffle(
      Array.sortWith(plain, (member) => member.id, Order.number),
      input.seed + input.pass
    ).map(as("shuffled")),
    ...Array.sort(low, descending).map(as("last"))
  ]
}

const priorities = (names: ReadonlyArray<string>) => (member: Planned) => {
  const place = names.indexOf(member.name)
  return place === -1 ? member.priority : Number.MAX_SAFE_INTEGER - place
}

const shuffle = <A>(items: ReadonlyArray<A>, seed: number): ReadonlyArray<A> => {
  const random = new Utils.PCGRandom(seed)
  return Array.sortWith(
    items.map((item) => ({ item, at: random.number() })),
    ({ at }) => at,
    Order.number
  ).map(({ item }) => item)
}
