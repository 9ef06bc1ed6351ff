import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

// How an answer ended; null in what people said, and in all from before this was known.
const tables = ["messages", "critiques", "turns"]

export default Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.forEach(tables, (table) => sql.unsafe(`ALTER TABLE ${table} ADD COLUMN finish TEXT`), { discard: true })
)
