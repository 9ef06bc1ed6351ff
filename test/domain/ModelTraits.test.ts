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
})
