import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import * as Windows from "../../../src/lib/windows.ts"

describe("Windows", () => {
  it("count each key to its limit, and begin anew with the next minute of the clock", () => {
    const windows = Windows.make(10)
    const times = [0, 59_000, 59_999, 60_000, 119_999, 120_000]

    const taken = times.map((now) => windows.take("a", 2, now))

    deepStrictEqual(taken, [true, true, false, true, true, true])
    assertEquals(windows.take("b", 2, 120_000), true)
    assertEquals(windows.take("a", 1, 120_000), false)
  })

  it("say when to come back, never at once", () => {
    const { secondsLeft } = Windows.make(10)

    deepStrictEqual([0, 1, 59_000, 59_999].map(secondsLeft), [60, 60, 1, 1])
  })

  it("keep no more keys than allowed, the oldest gives way", () => {
    const windows = Windows.make(2)
    for (const key of ["a", "b", "a", "c"]) windows.take(key, 9, 0)

    deepStrictEqual(
      ["a", "b", "c"].map((key) => windows.count(key, 0)),
      [0, 1, 1]
    )
  })
})
