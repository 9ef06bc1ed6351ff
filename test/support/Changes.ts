import { SqlClient, Statement } from "@effect/sql"
import { Deferred, Effect, FiberId } from "effect"

const isChange = (text: string) => /^\s*(INSERT|UPDATE|DELETE)\b/i.test(text)

/** The changes that the layers over it make to the database, which SQLite can be told to refuse. */
export const make = () => {
  let left = Infinity
  let refused = Deferred.unsafeMake<void>(FiberId.none)

  const layer = Statement.setTransformer((statement, sql) => {
    if (left === Infinity || !isChange(statement.compile()[0]) || left-- > 0) return Effect.succeed(statement)
    return sql`PRAGMA query_only = 1`.pipe(
      Effect.zipRight(Deferred.succeed(refused, undefined)),
      Effect.orDie,
      Effect.as(statement)
    )
  })

  /** Allows so many changes, and refuses all after them until the effect has ended; `refused` waits for the first. */
  const allowing = <A, E, R>(
    changes: number,
    effect: (refused: Effect.Effect<void>) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E, R | SqlClient.SqlClient> =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        refused = Deferred.unsafeMake(FiberId.none)
        left = changes
      }),
      () => effect(Deferred.await(refused)),
      () =>
        Effect.flatMap(SqlClient.SqlClient, (sql) => {
          left = Infinity
          return Effect.orDie(sql`PRAGMA query_only = 0`)
        })
    )

  return { layer, allowing, wasRefused: Effect.suspend(() => Deferred.isDone(refused)) }
}

/** All rows of all tables, by table; of one room, those that name it. */
export const dump = Effect.fnUntraced(function* (room?: number) {
  const sql = yield* SqlClient.SqlClient
  const columns = yield* sql<{ readonly name: string; readonly isOfRoom: number }>`
    SELECT name, EXISTS (SELECT 1 FROM pragma_table_info(tables.name) WHERE name = 'room_id') AS isOfRoom
    FROM pragma_table_list AS tables WHERE type = 'table' AND schema = 'main'`
  const rows = yield* Effect.forEach(columns, ({ isOfRoom, name }) => {
    if (room === undefined) return sql`SELECT * FROM ${sql(name)}`
    if (name === "rooms") return sql`SELECT * FROM rooms WHERE id = ${room}`
    return isOfRoom ? sql`SELECT * FROM ${sql(name)} WHERE room_id = ${room}` : Effect.succeed([])
  })
  return Object.fromEntries(columns.map(({ name }, index) => [name, rows[index]]))
})
