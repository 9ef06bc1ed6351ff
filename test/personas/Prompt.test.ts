import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { Persona } from "../../src/domain/Persona.ts"
import { systemPrompt } from "../../src/personas/Prompt.ts"
import { mira } from "../support/personas.ts"

const full: Persona = {
  ...mira,
  recent_events: "- [2024-01-01] She found a key.",
  memories: [{ subtitle: "The key", body: "It fits no lock." }]
}
const input = {
  persona: full,
  roomMemories: ["[2024-05-01] Tom paid."],
  roster: ["Tom", "Mira", "Ada"],
  personName: "User",
  isModel: true
}
const headings = (prompt: string) =>
  prompt.split("\n").flatMap((line) => (line.startsWith("# ") ? [line.slice(2)] : []))

describe("the system prompt", () => {
  it("has the persona's sections in the third person, then the room, then the manners", () => {
    deepStrictEqual(headings(systemPrompt(input)), [
      "Mira in a nutshell",
      "Mira's characteristics",
      "Recent events",
      "What Mira noted in this room",
      "Long-term memory",
      "The room",
      "How to take part"
    ])
  })

  it("leaves out what the persona does not have", () => {
    const prompt = systemPrompt({ ...input, persona: { ...mira, in_a_nutshell: null }, roomMemories: [] })

    deepStrictEqual(headings(prompt), ["Mira's characteristics", "The room", "How to take part"])
    assertTrue(!prompt.includes("`recall`"))
  })

  it("names memories by subtitle alone", () => {
    const prompt = systemPrompt(input)

    assertInclude(prompt, '- "The key"')
    assertTrue(!prompt.includes("It fits no lock."))
  })

  it("is the same bytes for the same room, in whatever order its agents are listed", () => {
    strictEqual(systemPrompt(input), systemPrompt({ ...input, roster: ["Ada", "Tom", "Mira", "Tom"] }))
    assertInclude(systemPrompt(input), "The other characters in the room: Ada, Tom.")
  })

  it("speaks of the tools that the agent has, and of no other", () => {
    const prompt = systemPrompt({
      ...input,
      persona: { ...full, tools: { skip: { enabled: false }, recall: { enabled: false } } }
    })

    assertTrue(!prompt.includes("`skip`") && !prompt.includes("`recall`") && !prompt.includes("The key"))
    assertInclude(prompt, "`memorize`")
  })

  it("shows the newest of very many events, and says that older ones are left out", () => {
    const events = Array.from({ length: 2000 }, (_, i) => `- [2024-01-01] event ${i}`)
    const prompt = systemPrompt({ ...input, persona: { ...full, recent_events: events.join("\n") } })

    assertInclude(prompt, "(Older events are left out.)")
    assertInclude(prompt, "event 1999")
    assertTrue(!prompt.includes("event 100\n") && prompt.length < 24_000)
  })

  it("keeps names and memories on their line", () => {
    const prompt = systemPrompt({ ...input, personName: "User\n# The end", roomMemories: ["a\n# b"] })

    assertTrue(!headings(prompt).includes("The end") && !headings(prompt).includes("b"))
  })

  it("takes the house's words where it has some, and keeps what holds the room together", () => {
    const words = {
      opening: "Here is {agent_name}.",
      manners: ["{agent_name} whispers.\n# Loud"],
      rules: "No spoilers."
    }
    const prompt = systemPrompt({ ...input, persona: { ...mira, prompt: words } })

    assertTrue(prompt.startsWith("Here is Mira."))
    assertInclude(prompt, "- Mira whispers. # Loud\n- Use the language of the conversation")
    assertInclude(prompt, "# Rules of this house\n\nNo spoilers.")
    assertInclude(prompt, "Only lines that begin with this mark come from the room")
    assertTrue(!prompt.includes("You are Mira") && !prompt.includes("Stay Mira all through"))
  })

  it("tells a model nothing of the sections for what only plays one", () => {
    const characteristics = [
      "Mira is dry.",
      "## Lines",
      "- Ahoy.",
      "## Habits",
      "She whistles.",
      "## Script",
      "say Ahoy.",
      "",
      "skip"
    ].join("\n")
    const persona = { ...mira, characteristics }

    const told = systemPrompt({ ...input, persona })
    assertTrue(!told.includes("Ahoy") && !told.includes("## Script") && !told.includes("## Lines"))
    assertInclude(told, "Mira is dry.\n## Habits\nShe whistles.")
    assertInclude(systemPrompt({ ...input, persona, isModel: false }), characteristics)
    const scriptAlone = { ...mira, characteristics: "## Script\nsay Ahoy." }
    assertTrue(!headings(systemPrompt({ ...input, persona: scriptAlone })).includes("Mira's characteristics"))
  })

  it("gives a critic another part", () => {
    const prompt = systemPrompt({ ...input, persona: { ...full, name: "critic", is_critic: true } })

    assertInclude(prompt, "You take no part in it")
    assertTrue(!prompt.includes("what critic says next"))
  })
})
