import { Array, Order, Utils } from "effect"
import type { AgentId, Member } from "../domain/Agent.ts"
import type { Reason, Tape } from "../domain/Round.ts"

export interface PassInput {
  readonly members: ReadonlyArray<Member>
  /** 0 is the first pass; follow-up passes know no mention and no leading interrupts. */
  readonly pass: number
  readonly seed: number
  readonly mentioned: ReadonlyArray<AgentId>
  /** Names that come before every priority, in this order. */
  readonly priorityAgents: ReadonlyArray<string>
}

/**
 * The tape of one pass, from the room's state alone: the same input gives the same tape. Interrupting agents first and
 * again after each other agent that replied and is not transparent; the mentioned in the order of mention; then the
 * prioritised, the others shuffled, and those below zero last.
 */
export const planPass = (input: PassInput): Tape => {
  const speakers = input.members.filter((member) => !member.is_critic)
  const [others, interrupters] = Array.partition(speakers, (member) => member.interrupt_every_turn)
  const cell = (member: Member, reason: Reason, after: AgentId | null) => ({
    pass: input.pass,
    agent_id: member.id,
    name: member.name,
    reason,
    after
  })
  const leading = input.pass === 0 ? interrupters.map((member) => cell(member, "interrupts", null)) : []
  return [
    ...leading,
    ...ordered(others, input).flatMap(({ member, reason }) => [
      cell(member, reason, null),
      ...(member.transparent ? [] : interrupters.map((interrupter) => cell(interrupter, "interrupts", member.id)))
    ])
  ]
}

const ordered = (members: ReadonlyArray<Member>, input: PassInput) => {
  const priority = priorities(input.priorityAgents)
  const mentioned =
    input.pass > 0 ? [] : Array.dedupe(input.mentioned).flatMap((id) => members.filter((member) => member.id === id))
  const rest = members.filter((member) => !mentioned.includes(member))
  const high = rest.filter((member) => priority(member) > 0)
  const plain = rest.filter((member) => priority(member) === 0)
  const low = rest.filter((member) => priority(member) < 0)
  const descending = Order.reverse(Order.mapInput(Order.number, priority))
  const as = (reason: Reason) => (member: Member) => ({ member, reason })
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

const priorities = (names: ReadonlyArray<string>) => (member: Member) => {
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

/** Members that the text names as `@name`, in that order; of two names that fit the longer one is meant. */
export const mentionsIn = (text: string, members: ReadonlyArray<Member>): ReadonlyArray<AgentId> => {
  const byLength = Array.sort(
    members,
    Order.reverse(Order.mapInput(Order.number, (member: Member) => member.name.length))
  )
  const lower = text.toLowerCase()
  const found = [...lower.matchAll(/@/g)].flatMap(({ index }) => {
    const named = byLength.find(
      ({ name }) =>
        lower.startsWith(name.toLowerCase(), index + 1) &&
        !/^[\p{L}\p{N}_-]/u.test(lower.slice(index + 1 + name.length))
    )
    return named === undefined ? [] : [named.id]
  })
  return Array.dedupe(found)
}
