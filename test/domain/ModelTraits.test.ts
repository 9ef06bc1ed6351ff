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
})
