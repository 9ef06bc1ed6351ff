import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue } from "@effect/vitest/utils"
import { Effect, Fiber, Stream } from "effect"
import { inHouse, setup } from "../../support/Duo.ts"
import { counted } from "../../support/metrics.ts"
import * as Puppet from "../../support/Puppet.ts"

describe("background work", () => {
  it.scopedLive("belongs to somebody: rounds that broke leave no fiber, and every turn is counted and listed", () => {
    const puppet = Puppet.make({ act: () => Stream.die("a bug") })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { say, turns, watch } = yield* setup
        const failed = counted("parley_turns_total", { outcome: "failed", provider: "puppet" })
        const broken = counted("parley_background_failures_total", { part: "turn" })
        const round = Effect.zipRight(say("Hello"), watch.ended)
        yield* round
        const before = { fibers: (yield* Fiber.roots).length, failed: yield* failed, broken: yield* broken }

        yield* Effect.repeatN(round, 19)

        // The connections of the test's own requests come and go; twenty rounds would leave twenty.
        assertTrue((yield* Fiber.roots).length < before.fibers + 10)
        assertEquals((yield* failed) - before.failed, 40)
        assertEquals((yield* broken) - before.broken, 40)
        assertEquals((yield* turns).filter(([, outcome]) => outcome === "failed").length, 42)
      })
    )
  })
})
