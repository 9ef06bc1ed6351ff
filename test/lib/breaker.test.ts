import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { FastCheck } from "effect"
import { type Breaker, closed, failed, stateOf } from "../../src/lib/breaker.ts"

const pause = { firstMs: 1000, ceilingMs: 30_000, jitter: 0 }
const after = (failures: number, now = 0): Breaker =>
  Array.from({ length: failures }).reduce((breaker: Breaker) => failed(breaker, now, pause), closed)

describe("a breaker", () => {
  it("doubles the pause with each failure, up to the ceiling", () => {
    deepStrictEqual(
      [1, 2, 3, 4, 5, 6, 7].map((failures) => after(failures).notBefore),
      [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
    )
  })

  it("opens at the fifth failure, and lets one try pass when the pause is over", () => {
    assertEquals(stateOf(after(4), 0), "closed")
    const open = after(5)
    assertEquals(stateOf(open, 15_999), "open")
    assertEquals(stateOf(open, 16_000), "half_open")
    assertEquals(stateOf(failed(open, 16_000, pause), 16_001), "open")
  })

  it("spreads its pauses over the whole of that half", () => {
    const ends = [0, 0.25, 0.5, 0.75, 1].map((jitter) => failed(after(3), 0, { ...pause, jitter }).notBefore)
    deepStrictEqual(ends, [8000, 7000, 6000, 5000, 4000])
  })

  it.prop(
    "waits at least half of the pause, and never longer than the whole",
    { failures: FastCheck.integer({ min: 0, max: 60 }), jitter: FastCheck.double({ min: 0, max: 1, noNaN: true }) },
    ({ failures, jitter }) => {
      const whole = Math.min(pause.ceilingMs, pause.firstMs * 2 ** failures)
      const { notBefore } = failed({ failures, notBefore: 0 }, 0, { ...pause, jitter })
      assertTrue(notBefore >= whole / 2 && notBefore <= whole)
    }
  )
})
