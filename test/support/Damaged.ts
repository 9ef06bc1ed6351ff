import { Effect, Stream } from "effect"
import { inHouse, room } from "./Duo.ts"
import * as Puppet from "./Puppet.ts"
import { scrape } from "./Scrape.ts"

const speak: Puppet.Act = ({ number, spec }) =>
  Stream.concat(Puppet.say(`Answer ${number} of ${spec.agentName} on apples.`), Puppet.done(`session-${number}`))

/** A room of three messages and their answers. */
const setup = Effect.gen(function* () {
  const den = yield* room({ max_follow_ups: 0 })
  for (const word of ["red", "green", "blue"]) {
    yield* den.say(`A ${word} apple`)
    yield* den.watch.ended
  }
  const other = yield* den.ask(({ rooms }) => rooms.create({ payload: { name: "other" } }))
  const damage = (statement: string) => den.sql.unsafe(statement)
  const count = (table: string) =>
    Effect.map(scrape(den.client), ({ sum }) => sum("parley_rows_unreadable_total", { table }))
  return { ...den, other, damage, count }
})

/** Runs a test in that room, whose rows it may damage. */
export const house = <A, E>(test: (den: Effect.Effect.Success<typeof setup>) => Effect.Effect<A, E>) => {
  const puppet = Puppet.make({ act: speak })
  return inHouse(puppet, Effect.flatMap(setup, test))
}
