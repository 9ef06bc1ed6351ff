import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

/** Events are taken away in the order in which they were added, which their ids have. */
const statement = `DROP INDEX events_age`

export default Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement))
