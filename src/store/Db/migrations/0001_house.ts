import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const statements = [
  `CREATE TABLE rooms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id TEXT NOT NULL,
    name TEXT NOT NULL,
    max_interactions INTEGER,
    interactions INTEGER NOT NULL DEFAULT 0,
    is_paused INTEGER NOT NULL DEFAULT 0,
    is_finished INTEGER NOT NULL DEFAULT 0,
    default_provider TEXT NOT NULL,
    default_model TEXT,
    created_at TEXT NOT NULL,
    last_activity_at TEXT
  )`,
  `CREATE UNIQUE INDEX rooms_owner_name ON rooms (owner_id, name)`,

  `CREATE TABLE agents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    "group" TEXT,
    config_file TEXT,
    profile_pic TEXT,
    in_a_nutshell TEXT,
    characteristics TEXT,
    recent_events TEXT,
    system_prompt TEXT NOT NULL,
    is_critic INTEGER NOT NULL DEFAULT 0,
    interrupt_every_turn INTEGER NOT NULL DEFAULT 0,
    priority INTEGER NOT NULL DEFAULT 0,
    transparent INTEGER NOT NULL DEFAULT 0,
    final_response INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    retired_at TEXT
  )`,

  `CREATE TABLE room_agents (
    room_id INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    agent_id INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    joined_at TEXT NOT NULL,
    joined_after INTEGER NOT NULL,
    PRIMARY KEY (room_id, agent_id)
  )`,
  `CREATE INDEX room_agents_agent ON room_agents (agent_id)`,

  `CREATE TABLE rounds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    "trigger" TEXT NOT NULL,
    policy TEXT NOT NULL,
    seed INTEGER NOT NULL,
    tape TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    stop_reason TEXT
  )`,
  `CREATE INDEX rounds_room ON rounds (room_id, id)`,
  `CREATE INDEX rounds_open ON rounds (room_id) WHERE ended_at IS NULL`,

  `CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    agent_id INTEGER REFERENCES agents (id) ON DELETE SET NULL,
    agent_name TEXT,
    role TEXT NOT NULL,
    participant_type TEXT,
    participant_name TEXT,
    content TEXT NOT NULL,
    thinking TEXT,
    provider TEXT,
    partial INTEGER NOT NULL DEFAULT 0,
    idempotency_key TEXT,
    timestamp TEXT NOT NULL
  )`,
  `CREATE INDEX messages_room ON messages (room_id, id)`,
  `CREATE INDEX messages_agent ON messages (agent_id, room_id) WHERE agent_id IS NOT NULL`,
  `CREATE UNIQUE INDEX messages_key ON messages (room_id, idempotency_key) WHERE idempotency_key IS NOT NULL`,

  `CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    round_id INTEGER NOT NULL REFERENCES rounds (id) ON DELETE CASCADE,
    room_id INTEGER NOT NULL,
    agent_id INTEGER NOT NULL,
    agent_name TEXT NOT NULL,
    cell INTEGER NOT NULL,
    reason TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    trace_id TEXT,
    cause_trace_id TEXT,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT,
    error TEXT,
    message_id INTEGER REFERENCES messages (id) ON DELETE SET NULL,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER,
    cost_usd REAL,
    first_token_ms REAL,
    duration_ms REAL
  )`,
  `CREATE UNIQUE INDEX turns_cell ON turns (round_id, cell, agent_id)`,
  `CREATE INDEX turns_message ON turns (message_id) WHERE message_id IS NOT NULL`,
  `CREATE INDEX turns_open ON turns (room_id) WHERE outcome IS NULL`,

  `CREATE TABLE sessions (
    room_id INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    agent_id INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    session_id TEXT NOT NULL,
    prompt_hash TEXT NOT NULL,
    last_message_id INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (room_id, agent_id)
  )`,
  `CREATE INDEX sessions_agent ON sessions (agent_id)`,

  `CREATE TABLE room_reads (
    room_id INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    last_read_at TEXT NOT NULL,
    PRIMARY KEY (room_id, user_id)
  )`,

  `CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL
  )`,
  `CREATE INDEX events_room ON events (room_id, id)`
]

export default Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
)
