import { describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { QuotaExhausted, SessionLost, Unreachable } from "../../src/domain/ProviderError.ts"
import { english } from "../../src/web/words/en.ts"

describe("why a turn failed, on the page", () => {
  it("is our words, and the vendor's own after them", () => {
    assertEquals(
      english.failure(new Unreachable({ host: "localhost:1", reason: "nothing listens there" })),
      "the provider cannot be reached; check its address, and that it runs (localhost:1: nothing listens there)"
    )
    assertEquals(english.failure(new SessionLost()), "the model's session was lost")
    assertEquals(english.failure(new QuotaExhausted({ reason: "" })).endsWith("choose another provider"), true)
    assertEquals(english.failure({ _tag: "Unheard" }), "something went wrong")
    assertEquals(english.failure(null), "something went wrong")
  })
})
