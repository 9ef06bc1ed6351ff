import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, TestClock } from "effect"
import { MemoryRefused, type Persona, RecollectionUnknown } from "../../src/domain/Persona.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { Memory } from "../../src/personas/Memory.ts"
import { callTool, guidelines, toolSpecs } from "../../src/personas/Tools.ts"
import { mira } from "../support/personas.ts"

const full: Persona = { ...mira, memories: [{ subtitle: "The key", body: "It fits no lock." }] }
const names = (persona: Persona) => toolSpecs(persona).map(({ name }) => name)

const memory = Memory.of({
  memorize: ({ entry }) =>
    entry === "" ? MemoryRefused.of("empty", "There is nothing.") : Effect.succeed(`- ${entry}`),
  recall: (persona, subtitle) =>
    subtitle === "The key"
      ? Effect.succeed("It fits no lock.")
      : new RecollectionUnknown({ subtitle, subtitles: persona.memories.map((it) => it.subtitle) }),
  recent: () => Effect.succeed({ entries: [], later: [] }),
  forget: () => Effect.void
})
const room = { id: RoomId.make(1), name: "The quay" }
const call = (persona: Persona, name: string, input: Record<string, string> = {}) =>
  callTool(memory, { persona, room })(name, input)

describe("tools", () => {
  it("are the same five for everybody, recall only where there is something to recall", () => {
    deepStrictEqual(names(full), ["skip", "memorize", "recall", "current_time", "guidelines"])
    deepStrictEqual(names(mira), ["skip", "memorize", "current_time", "guidelines"])
  })

  it("take their wording and their absence from the group", () => {
    const persona = {
      ...full,
      tools: { skip: { description: "{agent_name:은는} 쉰다." }, memorize: { enabled: false } }
    }
    const [skip] = toolSpecs({ ...persona, name: "미라" })

    strictEqual(skip?.description, "미라는 쉰다.")
    assertTrue(!names(persona).includes("memorize"))
  })

  it.effect("answer in words, and never fail", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2024, 1, 29, 14, 5))
      const answers = yield* Effect.all([
        call(full, "skip"),
        call(full, "memorize", { memory_entry: "Tom paid {agent_name}." }),
        call(full, "memorize"),
        call(full, "recall", { subtitle: "The key" }),
        call(full, "recall", { subtitle: "The door" }),
        call(full, "current_time"),
        call(full, "guidelines"),
        call(mira, "recall", { subtitle: "The key" }),
        call(full, "rm")
      ])

      deepStrictEqual(answers, [
        { text: "Mira stays silent this time. Write nothing more.", isError: false, endsTurn: true },
        { text: "Remembered: Tom paid {agent_name}.", isError: false },
        { text: "There is nothing.", isError: true },
        { text: "It fits no lock.", isError: false },
        { text: 'There is no memory "The door". There are: "The key"', isError: true },
        { text: "Thursday, 2024-02-29 14:05 UTC", isError: false },
        { text: guidelines, isError: false },
        { text: "There is no tool recall.", isError: true },
        { text: "There is no tool rm.", isError: true }
      ])
    })
  )

  it.effect("give a model a bounded text, which says where it was cut; no character is cut in two", () =>
    Effect.gen(function* () {
      const long = `x${"🐝".repeat(15_000)}`
      const subtitles = Array.from({ length: 3000 }, (_, i) => `The key ${i}`)
      const many = { ...full, memories: subtitles.map((subtitle) => ({ subtitle, body: "" })) }
      const persona = { ...many, tools: { guidelines: { response: long } } }

      const told = (yield* call(persona, "guidelines")).text
      const listed = (yield* call(persona, "recall", { subtitle: "The door" })).text
      const fits = (yield* call({ ...full, tools: { guidelines: { response: "y".repeat(20_000) } } }, "guidelines"))
        .text

      strictEqual(told, `x${"🐝".repeat(9999)}\n\n[Cut here: these are the first 19999 of 30001 characters.]`)
      assertTrue(listed.length < 20_100 && /\[Cut here: .* of \d+ characters\.\]$/.test(listed))
      strictEqual(fits.length, 20_000)
    })
  )

  it.effect("answer in the group's words", () =>
    Effect.gen(function* () {
      const tools = { skip: { response: "쉿, {agent_name:이가} 듣는다." }, guidelines: { response: "Be brief." } }
      const persona = { ...full, name: "미라", tools }

      assertInclude((yield* call(persona, "skip")).text, "미라가 듣는다")
      strictEqual((yield* call(persona, "guidelines")).text, "Be brief.")
    })
  )
})
