import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const statements = [
  // How far a room of another database, or a document, has been taken over; gone with the room that it became.
  `CREATE TABLE imports (
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    room_id INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    last_id INTEGER NOT NULL,
    last_timestamp TEXT NOT NULL,
    PRIMARY KEY (kind, source)
  )`,
  `CREATE INDEX imports_room ON imports (room_id)`
]

export default Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
)
