import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Houses from "./Houses.ts"
import * as Schedule from "./Schedule.ts"
import * as Simulation from "./Simulation.ts"

describe("the simulation", () => {
  it.live("runs", () =>
    Effect.gen(function* () {
      const houses = yield* Houses.all
      const n = Number(process.env["SIM_N"] ?? 20)
      const from = Number(process.env["SIM_SEED"] ?? 1)
      const t0 = Date.now()
      const kinds = new Map<string, number[]>()
      let calls = 0, crashes = 0
      for (let seed = from; seed < from + n; seed++) {
        const r = yield* Simulation.play(houses, Schedule.from(seed))
        calls += r.calls; crashes += r.crashes
        if (n === 1) console.error(r.trace.join("\n"))
        if (r.broken) { const k = r.broken.invariant + " " + r.broken.message.slice(0,200).replace(/\d+/g, "N"); kinds.set(k, [...(kinds.get(k) ?? []), seed]) }
      }
      const ms = Date.now() - t0
      console.error(`${n} schedules ${ms} ms, ${(ms / n).toFixed(1)} each, calls ${calls} crashes ${crashes}`)
      for (const [k, s] of [...kinds].sort((a, b) => b[1].length - a[1].length)) console.error(s.length, s.slice(0, 5).join(","), k)
    }), 600_000)
})
