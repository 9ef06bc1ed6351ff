import { Statement } from "@effect/sql"
import { Effect } from "effect"

export interface Seen {
  readonly sql: string
  readonly params: ReadonlyArray<unknown>
}

/** What is asked by the clock, whoever else asks. */
const isRoutine = (sql: string) => sql.includes("FROM rooms WHERE autonomous = 1")

/** Notes every statement that the layers over it run, as it is sent to the database. */
export const make = () => {
  const seen: Array<Seen> = []
  const layer = Statement.setTransformer((statement) => {
    const [sql, params] = statement.compile()
    if (!isRoutine(sql)) seen.push({ sql, params })
    return Effect.succeed(statement)
  })
  /** What was run while the effect ran, with what it gave. */
  const during = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => {
      const from = seen.length
      return Effect.map(effect, (result) => ({ result, statements: seen.slice(from) }))
    })
  return { layer, seen, during }
}
