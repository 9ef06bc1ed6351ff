import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const statements = [
  // Where the talk begins that a session without a memory of its own is told in every turn.
  `ALTER TABLE sessions ADD COLUMN first_message_id INTEGER NOT NULL DEFAULT 0`,
  // The newest of the agent's own notes that the session's prompt holds.
  `ALTER TABLE sessions ADD COLUMN last_note TEXT`,
  // Sessions from before know other notes than it says.
  `DELETE FROM sessions`
]

export default Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
)
