import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const statements = [
  // What people decide about a room, and what its engine keeps of it.
  `ALTER TABLE rooms ADD COLUMN turn_policy TEXT NOT NULL DEFAULT 'priority'`,
  `ALTER TABLE rooms ADD COLUMN double_text TEXT NOT NULL DEFAULT 'interrupt'`,
  `ALTER TABLE rooms ADD COLUMN max_messages INTEGER NOT NULL DEFAULT 30`,
  `ALTER TABLE rooms ADD COLUMN max_follow_ups INTEGER NOT NULL DEFAULT 5`,
  `ALTER TABLE rooms ADD COLUMN budget_tokens INTEGER`,
  `ALTER TABLE rooms ADD COLUMN budget_usd REAL`,
  `ALTER TABLE rooms ADD COLUMN autonomous INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE rooms ADD COLUMN autonomous_every INTEGER NOT NULL DEFAULT 60`,
  `ALTER TABLE rooms ADD COLUMN autonomous_ceiling INTEGER NOT NULL DEFAULT 3600`,
  `ALTER TABLE rooms ADD COLUMN autonomous_max_rounds INTEGER NOT NULL DEFAULT 10`,
  `ALTER TABLE rooms ADD COLUMN spent_tokens INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE rooms ADD COLUMN spent_usd REAL NOT NULL DEFAULT 0`,
  `ALTER TABLE rooms ADD COLUMN loop_guard TEXT`,
  `ALTER TABLE rooms ADD COLUMN guard_after INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE rooms ADD COLUMN quiet_rounds INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE rooms ADD COLUMN last_round_at TEXT`,
  `ALTER TABLE rooms ADD COLUMN events_pruned_to INTEGER NOT NULL DEFAULT 0`,
  `CREATE INDEX rooms_autonomous ON rooms (id) WHERE autonomous = 1`,

  `ALTER TABLE rounds ADD COLUMN kind TEXT NOT NULL DEFAULT 'message'`,
  `ALTER TABLE rounds ADD COLUMN planned_from TEXT NOT NULL DEFAULT '[]'`,
  `ALTER TABLE rounds ADD COLUMN stop_detail TEXT`,
  `UPDATE rounds SET policy = 'priority'`,

  `ALTER TABLE turns ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE turns ADD COLUMN reserved_tokens INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE turns ADD COLUMN reserved_usd REAL NOT NULL DEFAULT 0`,
  `ALTER TABLE turns ADD COLUMN counted_tokens INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE turns ADD COLUMN counted_usd REAL NOT NULL DEFAULT 0`,
  `DROP INDEX turns_cell`,
  `CREATE UNIQUE INDEX turns_cell ON turns (round_id, cell, agent_id, attempt)`,
  `CREATE INDEX turns_room ON turns (room_id, id)`,
  `CREATE INDEX turns_seat ON turns (room_id, agent_id)`,
  `ALTER TABLE sessions ADD COLUMN tokens INTEGER NOT NULL DEFAULT 0`,

  `CREATE TABLE critiques (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    round_id INTEGER NOT NULL REFERENCES rounds (id) ON DELETE CASCADE,
    agent_id INTEGER REFERENCES agents (id) ON DELETE SET NULL,
    agent_name TEXT NOT NULL,
    content TEXT NOT NULL,
    thinking TEXT,
    provider TEXT NOT NULL,
    partial INTEGER NOT NULL,
    timestamp TEXT NOT NULL
  )`,
  `CREATE INDEX critiques_room ON critiques (room_id, id)`,
  `CREATE INDEX critiques_round ON critiques (round_id)`,
  `CREATE INDEX critiques_agent ON critiques (agent_id) WHERE agent_id IS NOT NULL`,
  `CREATE INDEX events_age ON events (created_at)`
]

// The first tapes had one speaker a cell.
const tapes = `UPDATE rounds SET tape = (
  SELECT json_group_array(json_object(
    'pass', value ->> 'pass',
    'speakers', json_array(json_object(
      'agent_id', value ->> 'agent_id', 'name', value ->> 'name', 'reason', value ->> 'reason')),
    'after', value ->> 'after'))
  FROM json_each(tape)
) WHERE json_valid(tape)`

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  // No other database has had rounds before this step.
  yield* sql.onDialectOrElse({ sqlite: () => sql.unsafe(tapes), orElse: () => sql`SELECT 1` })
})
