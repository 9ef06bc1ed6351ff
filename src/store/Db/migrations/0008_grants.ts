import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const statements = [
  // What the logins of a role depended on when it was last looked at, and the microsecond since when that holds.
  `CREATE TABLE login_grants (
    role TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    since BIGINT NOT NULL
  )`
]

export default Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
)
