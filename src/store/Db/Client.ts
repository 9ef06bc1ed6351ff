import { SqlClient, type SqlError, Statement } from "@effect/sql"
import type { Connection } from "@effect/sql/SqlConnection"
import { Effect } from "effect"
import * as Permits from "../../lib/permits.ts"

/** Tells what SQLite complains of. */
const overheard = (connection: Connection, heard: (error: SqlError.SqlError) => void): Connection => {
  const tell = <A>(effect: Effect.Effect<A, SqlError.SqlError>) =>
    Effect.tapError(effect, (error) => Effect.sync(() => heard(error)))
  return {
    ...connection,
    execute: (text, params, transform) => tell(connection.execute(text, params, transform)),
    executeRaw: (text, params) => tell(connection.executeRaw(text, params)),
    executeValues: (text, params) => tell(connection.executeValues(text, params)),
    executeUnprepared: (text, params, transform) => tell(connection.executeUnprepared(text, params, transform))
  }
}

/**
 * The one connection, shared: statements and transactions have it one after the other, so that nobody reads what is not
 * committed. Whoever is interrupted while it waits leaves at once.
 */
export const over = (connection: Connection, heard: (error: SqlError.SqlError) => void = () => {}) => {
  const acquirer = Effect.as(Permits.make(1).scoped, overheard(connection, heard))
  return SqlClient.make({
    acquirer,
    transactionAcquirer: acquirer,
    compiler: Statement.makeCompilerSqlite(),
    spanAttributes: [["db.system.name", "sqlite"]]
  })
}
