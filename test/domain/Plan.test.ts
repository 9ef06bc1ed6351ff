import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Arbitrary, FastCheck, Schema } from "effect"
import { AgentId } from "../../src/domain/Agent.ts"
import { PassInput, type Planned, type Tape, TurnPolicy } from "../../src/domain/Round.ts"
import { isDue, mustAnswer, planPass } from "../../src/domain/Plan.ts"

const member = (id: number, traits: Partial<Planned> = {}): Planned => ({
  id: AgentId.make(id),
  name: `agent${id}`,
  is_critic: false,
  interrupt_every_turn: false,
  priority: 0,
  transparent: false,
  final_response: false,
  ...traits
})

const plan = (members: ReadonlyArray<Planned>, more: Partial<PassInput> = {}) =>
  planPass({
    members,
    pass: 0,
    kind: "answer",
    policy: "priority",
    seed: 7,
    mentioned: [],
    priority_agents: [],
    last_speaker: null,
    someone_answers: false,
    ...more
  })

const ids = (tape: Tape) => tape.flatMap(({ speakers }) => speakers.map(({ agent_id }) => Number(agent_id)))
const own = (tape: Tape) => tape.filter(({ after, speakers }) => after === null && speakers[0]?.reason !== "interrupts")

const Traits = Schema.Struct({
  is_critic: Schema.Boolean,
  interrupt_every_turn: Schema.Boolean,
  transparent: Schema.Boolean,
  final_response: Schema.Boolean,
  priority: Schema.Int.pipe(Schema.between(-3, 3))
})
const rosters = FastCheck.array(Arbitrary.make(Traits), { maxLength: 8 }).map((traits) =>
  traits.map((trait, index) => member(index + 1, trait))
)
const policies = FastCheck.constantFrom(...TurnPolicy.literals)
const kinds = FastCheck.constantFrom<PassInput["kind"]>("answer", "follow_up", "final", "critics")
const someone = FastCheck.integer({ min: 1, max: 9 }).map((id) => AgentId.make(id))
const mentions = FastCheck.array(someone, { maxLength: 4 })
const seeds = FastCheck.nat()

describe("planPass", () => {
  it.prop(
    "by priority every agent that takes turns has exactly one cell of its own, and interrupters one after each other",
    { members: rosters, seed: seeds, kind: FastCheck.constantFrom<PassInput["kind"]>("answer", "follow_up") },
    ({ kind, members, seed }) => {
      const tape = plan(members, { seed, kind })
      const speakers = members.filter((it) => !it.is_critic)
      const others = speakers.filter((it) => !it.interrupt_every_turn)
      const interrupters = speakers.filter((it) => it.interrupt_every_turn)
      const heard = others.filter((it) => !it.transparent).length + (kind === "answer" ? 1 : 0)
      deepStrictEqual(
        ids(own(tape)).toSorted((one, other) => one - other),
        others.map(({ id }) => Number(id))
      )
      assertTrue(interrupters.every(({ id }) => ids(tape).filter((it) => it === Number(id)).length === heard))
      assertTrue(tape.every(({ after, speakers }) => speakers.every(({ agent_id }) => agent_id !== after)))
    }
  )

  it.prop(
    "round_robin gives every agent one cell, from the one after whom spoke last",
    { members: rosters, last: someone },
    ({ last, members }) => {
      const speakers = members.filter((it) => !it.is_critic).map(({ id }) => Number(id))
      const order = ids(plan(members, { policy: "round_robin", last_speaker: last }))
      const at = speakers.indexOf(last)
      deepStrictEqual(order, [...speakers.slice(at + 1), ...speakers.slice(0, at + 1)])
    }
  )

  it.prop(
    "mentioned_only gives a cell to the mentioned, once and in the order of mention, and to nobody else",
    { members: rosters, mentioned: mentions },
    ({ members, mentioned }) => {
      const present = new Set(members.filter((it) => !it.is_critic).map(({ id }) => Number(id)))
      const order = ids(plan(members, { policy: "mentioned_only", mentioned }))
      deepStrictEqual(
        order,
        [...new Set(mentioned.map(Number))].filter((id) => present.has(id))
      )
    }
  )

  it.prop(
    "concurrent answers are given in one cell, by each agent that takes turns exactly once",
    { members: rosters, seed: seeds },
    ({ members, seed }) => {
      const tape = plan(members, { policy: "concurrent", seed })
      const others = members.filter((it) => !it.is_critic && !it.interrupt_every_turn).map(({ id }) => Number(id))
      const together = tape.filter(({ speakers }) => speakers.some(({ reason }) => reason === "together"))
      assertTrue(together.length === (others.length === 0 ? 0 : 1))
      deepStrictEqual(
        ids(together).toSorted((one, other) => one - other),
        others
      )
      deepStrictEqual(
        plan(members, { policy: "concurrent", seed, kind: "follow_up" }),
        plan(members, { seed, kind: "follow_up" })
      )
    }
  )

  it.prop(
    "last words and feedback are for those who give them, each once, under every policy",
    { members: rosters, policy: policies, seed: seeds },
    ({ members, policy, seed }) => {
      const sorted = (tape: Tape) => ids(tape).toSorted((one, other) => one - other)
      const of = (fits: (it: Planned) => boolean) => members.filter(fits).map(({ id }) => Number(id))
      deepStrictEqual(
        sorted(plan(members, { policy, seed, kind: "final" })),
        of((it) => it.final_response && !it.is_critic)
      )
      deepStrictEqual(
        sorted(plan(members, { policy, seed, kind: "critics" })),
        of((it) => it.is_critic)
      )
    }
  )

  it.prop(
    "no critic speaks in the room, whatever the policy",
    { members: rosters, policy: policies, mentioned: mentions },
    ({ members, mentioned, policy }) => {
      const critics = new Set(members.filter((it) => it.is_critic).map(({ id }) => Number(id)))
      return !ids(plan(members, { policy, mentioned })).some((id) => critics.has(id))
    }
  )

  it.prop(
    "what is stored of a plan gives the same tape again",
    {
      members: rosters,
      policy: policies,
      kind: kinds,
      seed: seeds,
      mentioned: mentions,
      last_speaker: someone,
      someone_answers: FastCheck.boolean()
    },
    (input) => {
      const full: PassInput = { ...input, pass: 2, priority_agents: ["agent3"] }
      const stored = Schema.decodeSync(Schema.parseJson(PassInput))(
        Schema.encodeSync(Schema.parseJson(PassInput))(full)
      )
      deepStrictEqual(planPass(stored), planPass(full))
    }
  )

  it.prop(
    "the same seed gives the same order, whoever joined first",
    { members: rosters, seed: seeds },
    ({ members, seed }) => {
      const same = members.filter(({ interrupt_every_turn, priority }) => !interrupt_every_turn && priority === 0)
      deepStrictEqual(plan(same, { seed }), plan(same.toReversed(), { seed }))
    }
  )

  it("speaks in the order: interrupting, mentioned, high priority, shuffled, below zero from -1 down", () => {
    const members = [
      member(1, { priority: -5 }),
      member(2, { priority: -1 }),
      member(3),
      member(4, { priority: 2 }),
      member(5, { priority: 9 }),
      member(6, { priority: -2 }),
      member(7, { interrupt_every_turn: true })
    ]

    const tape = plan(members, { mentioned: [AgentId.make(6), AgentId.make(1)] })

    deepStrictEqual(ids(tape.filter(({ after }) => after === null)), [7, 6, 1, 5, 4, 3, 2])
    deepStrictEqual(ids(tape.filter(({ after }) => after === 5)), [7])
  })

  it.prop(
    "where somebody has to answer, somebody must by the end of the pass, unless somebody has; else nobody ever must",
    {
      members: rosters,
      policy: policies,
      mentioned: mentions,
      seed: seeds,
      speaks: FastCheck.array(FastCheck.boolean())
    },
    ({ members, mentioned, policy, seed, speaks }) => {
      const input: PassInput = {
        members,
        mentioned,
        policy,
        seed,
        pass: 0,
        kind: "answer",
        priority_agents: [],
        last_speaker: null,
        someone_answers: true
      }
      const tape = planPass(input)
      const heard: Array<{ agent_id: number; outcome: "replied" | "skipped"; wakes: boolean }> = []
      const asked: Array<boolean> = []
      for (const [index, cell] of tape.entries()) {
        if (!isDue(cell, heard)) continue
        asked.push(mustAnswer(input, tape, index, heard))
        assertTrue(!mustAnswer({ ...input, someone_answers: false }, tape, index, heard))
        const speak = asked.at(-1) === true || speaks[index] === true
        heard.push(
          ...cell.speakers.map(({ agent_id }) => ({
            agent_id,
            outcome: speak ? ("replied" as const) : ("skipped" as const),
            wakes: speak
          }))
        )
      }
      deepStrictEqual(
        heard.some(({ outcome }) => outcome === "replied"),
        tape.length > 0
      )
      assertTrue(asked.filter(Boolean).length <= 1)
    }
  )

  it("agents named in PRIORITY_AGENTS come before every priority, in the order of the list", () => {
    const tape = plan([member(1, { priority: 9 }), member(2), member(3)], { priority_agents: ["agent3", "agent2"] })
    deepStrictEqual(ids(tape), [3, 2, 1])
  })

  it("different seeds shuffle differently", () => {
    const members = [1, 2, 3, 4, 5].map((id) => member(id))
    const orders = new Set(Array.from({ length: 40 }, (_, seed) => ids(plan(members, { seed })).join()))
    assertTrue(orders.size > 10)
  })
})
