import { SqlClient, Statement } from "@effect/sql"
import type { Connection } from "@effect/sql/SqlConnection"
import { Effect } from "effect"
import * as Permits from "../lib/permits.ts"

/**
 * The one connection, shared: statements and transactions have it one after the other, so that nobody reads what is not
 * committed. Whoever is interrupted while it waits leaves at once.
 */
export const over = (connection: Connection) => {
  const acquirer = Effect.as(Permits.make(1).scoped, connection)
  return SqlClient.make({
    acquirer,
    transactionAcquirer: acquirer,
    compiler: Statement.makeCompilerSqlite(),
    spanAttributes: [["db.system.name", "sqlite"]]
  })
}
