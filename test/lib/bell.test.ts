import { describe, it } from "@effect/vitest"
import { assertTrue } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Bell from "../../src/lib/bell.ts"
import { Stepper } from "../support/Stepper.ts"

describe("a bell", () => {
  it("is heard wherever the one who waits has to yield", () => {
    for (let step = 1; step < 20; step++) {
      const stepper = new Stepper()
      stepper.arm(step)
      const found: Array<string> = []
      const bell = Bell.make(() => found.length > 0)
      const waiting = Effect.runFork(Effect.zipRight(Effect.void, bell.due), { scheduler: stepper })
      stepper.run(1)
      found.push("something")
      bell.ring()
      stepper.run(10)
      assertTrue(waiting.unsafePoll() !== null, `step ${step}`)
    }
  })
})
