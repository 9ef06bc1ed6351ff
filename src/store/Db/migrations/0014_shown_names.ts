import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const statements = [
  // What an agent is called in place of its folder's name; null where that is what it is called.
  `ALTER TABLE agents ADD COLUMN display_name TEXT`,
  // The same as it was when the words were said, or the turn was taken.
  ...["messages", "critiques", "turns"].map((table) => `ALTER TABLE ${table} ADD COLUMN agent_display_name TEXT`)
]

export default Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
)
