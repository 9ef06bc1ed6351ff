import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { choiceIn, type ModelChoice, noChoice } from "../../src/domain/ModelChoice.ts"

const choice = (more: Partial<ModelChoice> = {}): ModelChoice => ({ ...noChoice, ...more })
const room = { default_provider: "openai", default_model: "room-model" }

const spoken = (agent: Partial<ModelChoice>, seat: Partial<ModelChoice>) => {
  const { model, provider } = choiceIn(room, choice(agent), choice(seat))
  return [provider, model]
}

describe("what an agent speaks with", () => {
  it("is named by its seat before the agent, and by the agent before the room", () => {
    deepStrictEqual(spoken({}, {}), ["openai", "room-model"])
    deepStrictEqual(spoken({ model: "own" }, {}), ["openai", "own"])
    deepStrictEqual(spoken({ model: "own" }, { model: "seat" }), ["openai", "seat"])
    deepStrictEqual(spoken({ provider: "claude", model: "own" }, {}), ["claude", "own"])
    deepStrictEqual(spoken({ provider: "claude", model: "own" }, { model: "seat" }), ["claude", "seat"])
  })

  it("is the provider's usual model where a provider is named without one", () => {
    deepStrictEqual(spoken({ provider: "claude" }, {}), ["claude", null])
    deepStrictEqual(spoken({ provider: "claude", model: "own" }, { provider: "scripted" }), ["scripted", null])
  })

  it("takes each of its other parts from the strongest that names it", () => {
    const found = choiceIn(room, choice({ temperature: 0.3, thinking: 0 }), choice({ temperature: 1 }))
    deepStrictEqual(found, choice({ provider: "openai", model: "room-model", temperature: 1, thinking: 0 }))
  })
})
