import { Effect } from "effect"
import * as Houses from "./Houses.ts"
import * as Schedule from "./Schedule.ts"
import * as Simulation from "./Simulation.ts"

const n = Number(process.argv[2] ?? 20)
const from = Number(process.argv[3] ?? 1)
const main = Effect.gen(function* () {
  console.error("houses")
  const houses = yield* Houses.all
  console.error("houses ready")
  const t0 = process.cpuUsage().user/1000
  const kinds = new Map<string, Array<number>>()
  let calls = 0, crashes = 0
  for (let seed = from; seed < from + n; seed++) {
    let r = yield* Simulation.play(houses, Schedule.from(seed))
    if ((seed - from) % 50 === 49) console.error(seed, (process.cpuUsage().user / 1000 - t0) / (seed - from + 1))
    if (process.argv[4] === "twice") { const q = yield* Simulation.play(houses, Schedule.from(seed)); if (q.hash !== r.hash) { const at = q.trace.findIndex((l, i) => l !== r.trace[i]); console.error("DIFFERS", seed, at, q.trace[at], "|", r.trace[at]) } }
    calls += r.calls; crashes += r.crashes
    if (n === 1) console.error(r.trace.join("\n"))
    if (r.broken) { const k = r.broken.invariant + " " + r.broken.message.slice(0, 200).replace(/\d+/g, "N"); kinds.set(k, [...(kinds.get(k) ?? []), seed]) }
  }
  const ms = process.cpuUsage().user/1000 - t0
  console.error(`${n} schedules ${ms} ms, ${(ms / n).toFixed(1)} each, calls ${calls} crashes ${crashes}`)
  for (const [k, s] of [...kinds].sort((a, b) => b[1].length - a[1].length)) console.error(s.length, s.slice(0, 5).join(","), k)
})
Effect.runPromise(main).catch((e) => { console.error(e); process.exit(1) })
