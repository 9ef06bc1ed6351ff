// npm run test:simulation -- --schedules 50000 --seed 1
import { parseArgs } from "node:util"
import { load } from "../support/module.mjs"

const { values } = parseArgs({
  options: { schedules: { type: "string", default: "2000" }, seed: { type: "string", default: "1" } }
})
const { Effect, run } = await load("simulation/Suite.ts", "simulation")

const from = Number(values.seed)
const total = Number(values.schedules)
const batch = 250
let failures = 0

const play = (seed) => {
  const count = Math.min(batch, from + total - seed)
  return Effect.map(run(seed, count), ({ broken, calls, crashes }) => {
    const { system, user } = process.cpuUsage()
    const story = broken.map((line) => `${line}\n`).join("")
    const sum = `seeds ${seed} to ${seed + count - 1}: ${calls} turns, ${crashes} crashes`
    process.stdout.write(`${story}${sum}, ${((user + system) / 1e6).toFixed(1)} s of CPU so far\n`)
    failures += broken.filter((line) => line.startsWith("seed ")).length
  })
}

const seeds = Array.from({ length: Math.ceil(total / batch) }, (_, index) => from + index * batch)
await Effect.runPromise(Effect.forEach(seeds, play, { discard: true }))
process.stdout.write(`${total} schedules, ${failures} broke a promise\n`)
process.exitCode = failures === 0 ? 0 : 1
