import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

/** What shows that the database can be read and written; each fails, or waits, where it cannot. */
export const make = Effect.map(SqlClient.SqlClient, (sql) => ({
  /** Succeeds where statements are answered. */
  answers: sql`SELECT max(migration_id) FROM effect_sql_migrations`,
  /** Succeeds where no other process has the lock. */
  isUnlocked: Effect.scoped(
    Effect.flatMap(sql.reserve, (connection) =>
      Effect.uninterruptible(
        Effect.zipRight(
          connection.execute("BEGIN IMMEDIATE", [], undefined),
          connection.execute("ROLLBACK", [], undefined)
        )
      )
    )
  )
}))
