import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Suite from "./Suite.ts"

const [first, schedules] = [101, 100] as const

describe("the room engine", () => {
  it.live(
    `keeps its promises on ${schedules} schedules of messages, settings, faults and crashes`,
    () =>
      Effect.gen(function* () {
        const { broken, calls, crashes } = yield* Suite.run(first, schedules)
        deepStrictEqual(broken, [])
        assertTrue(calls > schedules && crashes > schedules / 10, `${calls} calls, ${crashes} crashes`)
      }),
    600_000
  )

  it.live(
    "plays a seed the same way twice",
    () =>
      Effect.gen(function* () {
        const steady = yield* Effect.forEach([3, 7, 11, 24, 42], Suite.isSteady)
        deepStrictEqual(steady, [true, true, true, true, true])
      }),
    60_000
  )
})
