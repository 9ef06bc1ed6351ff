import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

/** How many servers in a row have had this round under way without a turn of it settled. */
const statement = `ALTER TABLE rounds ADD COLUMN tries INTEGER NOT NULL DEFAULT 1`

export default Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement))
