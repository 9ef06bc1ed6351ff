import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const columns = [
  "id",
  "round_id",
  "room_id",
  "agent_id",
  "agent_name",
  "agent_display_name",
  "cell",
  "attempt",
  "reason",
  "provider",
  "model",
  "trace_id",
  "cause_trace_id",
  "started_at",
  "ended_at",
  "outcome",
  "finish",
  "error",
  "message_id",
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "cost_usd",
  "first_token_ms",
  "duration_ms",
  "reserved_tokens",
  "reserved_usd",
  "counted_tokens",
  "counted_usd"
].join(", ")

/**
 * A turn writes as few pages as it can. The message that it names may be gone, and is never another, so no index finds
 * the turns of a message, nor those of a seat: the room's are near.
 */
const statements = [
  `CREATE TABLE turns_anew (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    round_id INTEGER NOT NULL REFERENCES rounds (id) ON DELETE CASCADE,
    room_id INTEGER NOT NULL,
    agent_id INTEGER NOT NULL,
    agent_name TEXT NOT NULL,
    agent_display_name TEXT,
    cell INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    trace_id TEXT,
    cause_trace_id TEXT,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT,
    finish TEXT,
    error TEXT,
    message_id INTEGER,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER,
    cost_usd REAL,
    first_token_ms REAL,
    duration_ms REAL,
    reserved_tokens INTEGER NOT NULL DEFAULT 0,
    reserved_usd REAL NOT NULL DEFAULT 0,
    counted_tokens INTEGER NOT NULL DEFAULT 0,
    counted_usd REAL NOT NULL DEFAULT 0
  )`,
  `INSERT INTO turns_anew (${columns}) SELECT ${columns} FROM turns ORDER BY id`,
  // No number comes again, not even that of a turn which is gone.
  `DELETE FROM sqlite_sequence WHERE name = 'turns_anew'`,
  `INSERT INTO sqlite_sequence (name, seq) SELECT 'turns_anew', seq FROM sqlite_sequence WHERE name = 'turns'`,
  `DROP TABLE turns`,
  `ALTER TABLE turns_anew RENAME TO turns`,
  `CREATE UNIQUE INDEX turns_cell ON turns (round_id, cell, agent_id, attempt)`,
  `CREATE INDEX turns_room ON turns (room_id, id)`,
  `CREATE INDEX turns_open ON turns (room_id) WHERE outcome IS NULL`
]

export default Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
)
