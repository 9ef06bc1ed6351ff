import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const statements = [
  // `open`, or hidden from everybody: `importing` until all of it is there, `deleting` until nothing is left of it.
  `ALTER TABLE rooms ADD COLUMN state TEXT NOT NULL DEFAULT 'open'`,
  // Up to these ids the room's rows are cleared, and are taken away a few at a time while `is_clearing`.
  `ALTER TABLE rooms ADD COLUMN cleared_messages INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE rooms ADD COLUMN cleared_critiques INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE rooms ADD COLUMN cleared_events INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE rooms ADD COLUMN is_clearing INTEGER NOT NULL DEFAULT 0`,
  `CREATE INDEX rooms_unfinished ON rooms (id) WHERE state <> 'open' OR is_clearing = 1`,

  // A deletion frees the name at once; an import holds it from its beginning.
  `DROP INDEX rooms_owner_name`,
  `CREATE UNIQUE INDEX rooms_owner_name ON rooms (owner_id, name) WHERE state <> 'deleting'`,

  // What people may see of all rooms.
  `CREATE VIEW kept_messages AS SELECT messages.* FROM rooms JOIN messages ON messages.room_id = rooms.id
    WHERE rooms.state = 'open' AND messages.id > rooms.cleared_messages`,
  `CREATE VIEW kept_events AS SELECT events.* FROM rooms JOIN events ON events.room_id = rooms.id
    WHERE rooms.state = 'open' AND events.id > rooms.cleared_events`
]

export default Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
)
