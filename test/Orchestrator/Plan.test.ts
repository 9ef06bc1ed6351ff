import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Arbitrary, FastCheck, Schema } from "effect"
import { AgentId, type Member } from "../../src/domain/Agent.ts"
import { mentionsIn, planPass } from "../../src/Orchestrator/Plan.ts"

const member = (id: number, traits: Partial<Member> = {}): Member => ({
  id: AgentId.make(id),
  name: `agent${id}`,
  profile_pic: null,
  is_critic: false,
  interrupt_every_turn: false,
  priority: 0,
  transparent: false,
  final_response: false,
  ...traits
})

const plan = (members: ReadonlyArray<Member>, more: Partial<Parameters<typeof planPass>[0]> = {}) =>
  planPass({ members, pass: 0, seed: 7, mentioned: [], priorityAgents: [], ...more })

const ids = (cells: ReturnType<typeof planPass>) => cells.map(({ agent_id }) => agent_id)

const Traits = Schema.Struct({
  is_critic: Schema.Boolean,
  interrupt_every_turn: Schema.Boolean,
  transparent: Schema.Boolean,
  priority: Schema.Int.pipe(Schema.between(-3, 3))
})
const rooms = FastCheck.array(Arbitrary.make(Traits), { maxLength: 8 }).map((traits) =>
  traits.map((trait, index) => member(index + 1, trait))
)

describe("planPass", () => {
  it.prop(
    "every agent that takes turns has exactly one cell of its own, critics none, and interrupters one after each other",
    { members: rooms, seed: FastCheck.nat(), pass: FastCheck.nat({ max: 5 }) },
    ({ members, pass, seed }) => {
      const cells = plan(members, { seed, pass })
      const speakers = members.filter((it) => !it.is_critic)
      const others = speakers.filter((it) => !it.interrupt_every_turn)
      const interrupters = speakers.filter((it) => it.interrupt_every_turn)
      const own = cells.filter(({ after, reason }) => after === null && reason !== "interrupts")
      const heard = others.filter((it) => !it.transparent).length + (pass === 0 ? 1 : 0)
      return (
        own.length === others.length &&
        new Set(ids(own)).size === others.length &&
        interrupters.every(({ id }) => cells.filter((cell) => cell.agent_id === id).length === heard) &&
        cells.every(({ after, agent_id }) => after !== agent_id)
      )
    }
  )

  it.prop(
    "the same seed gives the same tape, in any order of the roster",
    { members: rooms, seed: FastCheck.nat() },
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

    const cells = plan(members, { mentioned: [AgentId.make(6), AgentId.make(1)] })

    deepStrictEqual(ids(cells.filter(({ after }) => after === null)).map(Number), [7, 6, 1, 5, 4, 3, 2])
    deepStrictEqual(ids(cells.filter(({ after }) => after === 5)), [7])
  })

  it("agents named in PRIORITY_AGENTS come before every priority, in the order of the list", () => {
    const cells = plan([member(1, { priority: 9 }), member(2), member(3)], { priorityAgents: ["agent3", "agent2"] })
    deepStrictEqual(ids(cells), [3, 2, 1])
  })

  it("different seeds shuffle differently", () => {
    const members = [1, 2, 3, 4, 5].map((id) => member(id))
    const orders = new Set(Array.from({ length: 40 }, (_, seed) => ids(plan(members, { seed })).join()))
    assertTrue(orders.size > 10)
  })
})

describe("mentionsIn", () => {
  const members = [member(1, { name: "Ann" }), member(2, { name: "Ann Marie" }), member(3, { name: "민수" })]

  it("finds names in the order of mention, the longer one where two fit, in any case", () => {
    deepStrictEqual(mentionsIn("@민수, ask @ann marie, then @Ann!", members).map(Number), [3, 2, 1])
  })

  it("does not find a name inside another word, nor one that nobody bears", () => {
    assertEquals(mentionsIn("@Anna and @Bob and ann@example.org", members).length, 0)
  })
})
