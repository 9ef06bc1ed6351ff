import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, TestClock } from "effect"
import * as LoopDelay from "../../../src/features/Operations/LoopDelay.ts"

const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** Keeps the thread to itself, so that what is due has to wait. */
const hog = Effect.sync(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 70))

describe("the delay of the event loop", () => {
  it.scoped("is that of the last full quarter of a minute", () =>
    Effect.gen(function* () {
      const delay = yield* LoopDelay.make
      const none = { p50: 0, p99: 0, max: 0 }
      yield* Effect.repeatN(Effect.zipRight(hog, turn), 4)
      yield* TestClock.adjust("14 seconds")
      deepStrictEqual(yield* delay, none)

      yield* TestClock.adjust("1 seconds")

      const { max, p50, p99 } = yield* delay
      assertTrue(p50 > 0.02 && p50 <= p99 && p99 <= max && max < 10, `${p50} ${p99} ${max}`)
      yield* TestClock.adjust("15 seconds")
      assertTrue((yield* delay).max < max)
    })
  )
})
