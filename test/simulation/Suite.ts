import { Effect } from "effect"
import * as Houses from "./Houses.ts"
import { type Invariant, invariants } from "./Invariants.ts"
import * as Schedule from "./Schedule.ts"
import * as Simulation from "./Simulation.ts"

const shown = 60

const titleOf = (invariant: Invariant) => (invariant === 0 ? "" : ` (${invariants[invariant]})`)

/** What a person needs to play it again, and what it came to. */
const account = ({ broken, seed, trace }: Simulation.Result) =>
  broken === null
    ? []
    : [
        `seed ${seed} breaks invariant ${broken.invariant}${titleOf(broken.invariant)}: ${broken.message}`,
        `  again: npm run test:simulation -- --seed ${seed} --schedules 1`,
        ...trace.slice(-shown).map((line) => `  ${line}`)
      ]

interface Results {
  broken: ReadonlyArray<string>
  calls: number
  crashes: number
}

/** Plays the schedules of these seeds; gives an account of those that broke a promise. */
export const run = Effect.fn(function* (from: number, schedules: number) {
  const houses = yield* Houses.all
  const results: Results = { broken: [], calls: 0, crashes: 0 }
  for (let seed = from; seed < from + schedules; seed++) {
    const result = yield* Simulation.play(houses, Schedule.from(seed))
    results.broken = [...results.broken, ...account(result)]
    results.calls += result.calls
    results.crashes += result.crashes
  }
  return results
})

/** Whether playing a seed twice gives the same story, word for word. */
export const isSteady = Effect.fn(function* (seed: number) {
  const houses = yield* Houses.all
  const one = yield* Simulation.play(houses, Schedule.from(seed))
  const other = yield* Simulation.play(houses, Schedule.from(seed))
  return one.hash === other.hash
})
