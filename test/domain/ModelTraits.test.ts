import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as ModelTraits from "../../src/domain/ModelTraits.ts"

describe("what is known of a model", () => {
  it("joins what refusals told with the window that its vendor lists, whichever came first", () => {
    const traits = ModelTraits.make()
    const known = () => [traits.of("a").without, traits.of("a").context_tokens]
    traits.keep({ ...traits.of("a"), without: ["tools"] })
    traits.publish("a", 8192)
    deepStrictEqual(known(), [["tools"], 8192])
    traits.keep({ ...traits.of("a"), context_tokens: 4096 })
    deepStrictEqual(known(), [["tools"], 4096])
    traits.forget()
    deepStrictEqual(known(), [[], 8192])
  })

  it("takes a window of the settings only as long as neither a refusal nor the vendor's list tells one", () => {
    const traits = ModelTraits.make(2048)
    const window = () => [traits.of("a").context_tokens, traits.all().map(({ context_tokens }) => context_tokens)]
    deepStrictEqual(window(), [2048, []])
    traits.keep({ ...traits.of("a"), without: ["tools"] })
    deepStrictEqual(window(), [2048, [2048]])
    traits.publish("a", 8192)
    deepStrictEqual(window(), [8192, [8192]])
    traits.keep({ ...traits.of("a"), context_tokens: 4096 })
    deepStrictEqual(window(), [4096, [4096]])
    traits.forget()
    deepStrictEqual(window(), [8192, []])
    deepStrictEqual(traits.of("b").context_tokens, 2048)
  })

  it("is after a refusal without sizes that it reads half of what was sent, and at the last try a sixteenth", () => {
    const known = ModelTraits.make().of("a")
    const half = ModelTraits.shortened(known, "too long", 96_000, "half")
    const little = ModelTraits.shortened(half, "too long", 48_000, "little")
    deepStrictEqual([half.context_tokens, little.context_tokens], [16_000, 1000])
    const told = ModelTraits.shortened(half, "maximum context length is 8192 tokens", 48_000, "little")
    deepStrictEqual(told.context_tokens, 8192)
  })
})
