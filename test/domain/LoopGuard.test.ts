import { describe, it } from "@effect/vitest"
import { assertFalse, assertNone, assertTrue } from "@effect/vitest/utils"
import { Option } from "effect"
import { AgentId } from "../../src/domain/Agent.ts"
import { circling, isIdle, type Reply } from "../../src/domain/LoopGuard.ts"

const names = ["Ada", "Bo", "Cy"]
const by = (agent: number, content: string): Reply => ({
  agent_id: AgentId.make(agent),
  agent_name: names[agent - 1] ?? "",
  agent_display_name: null,
  content
})
const inTurns = (agents: number, texts: ReadonlyArray<string>) => texts.map((text, at) => by((at % agents) + 1, text))

const talk = [
  "The spring broke last winter, and I never found one of that width again.",
  "Have you tried the clockmaker in the harbour? He keeps drawers full of them.",
  "He moved away in March. His daughter sells bread there now, which is good bread.",
  "Then cut one from sheet steel. I have some left over from the hives.",
  "Would it keep its temper? Sheet that thin goes soft when you bend it.",
  "Heat it to straw colour and drop it in oil. My smoker is hot enough.",
  "I will bring the movement on Saturday, if the rain holds off.",
  "Saturday suits me. Mind the path, the goose is nesting beside the gate.",
  "A goose! I would rather meet the rain.",
  "She only bites people in a hurry."
]

describe("the loop guard", () => {
  it("lets two agents talk as long as they have something to say", () => {
    assertNone(circling(inTurns(2, talk)))
  })

  it("stops two agents that thank each other for ever, and says who", () => {
    const thanks = inTurns(2, [
      "Thank you so much, Bo, you are very kind!",
      "No, thank you, Ada, it was a pleasure!",
      "Thank you again, Bo, you are too kind!",
      "Thank you, Ada, it really was a pleasure!",
      "Many thanks once more, Bo, you are so kind!",
      "And thank you, Ada, it was such a pleasure!",
      "Thank you, dear Bo, you are very kind indeed!",
      "Thank you, thank you, Ada, a pleasure it was!"
    ])
    const reason = circling(thanks)
    assertTrue(Option.exists(reason, (text) => text.includes("Ada") && text.includes("Bo")))
  })

  it("stops agents that say the same again and again, however many they are", () => {
    const repeats = inTurns(3, [
      "Shall we begin?",
      "Yes, let us begin.",
      "I am ready.",
      "Shall we begin!",
      "Yes, let us begin",
      "I am ready…"
    ])
    assertTrue(Option.isSome(circling(repeats)))
  })

  it("lets an agent say a thing twice", () => {
    assertNone(circling(inTurns(2, [...talk.slice(0, 4), talk[0] ?? "", ...talk.slice(4, 8)])))
  })

  it("calls a reply idle that has no words, or is word for word what its agent said before", () => {
    const before = [by(1, "I am here."), by(2, "So am I.")]
    assertTrue(isIdle(by(1, " … !"), before))
    assertTrue(isIdle(by(1, "I AM HERE"), before))
    assertFalse(isIdle(by(2, "I am here."), before))
    assertFalse(isIdle(by(1, "I am still here."), before))
  })
})
