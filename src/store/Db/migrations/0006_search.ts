import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const indexes = [
  // Lists are read page by page in their order.
  `CREATE INDEX rooms_activity ON rooms (coalesce(last_activity_at, created_at), id)`,
  `CREATE INDEX rooms_owner_activity ON rooms (owner_id, coalesce(last_activity_at, created_at), id)`,
  `CREATE INDEX agents_active ON agents (name) WHERE retired_at IS NULL`,
  `CREATE INDEX room_agents_joined ON room_agents (room_id, joined_at, agent_id)`
]

// Trigrams, for not every language has blanks between its words. The texts stay where they are.
const search = [
  `CREATE VIRTUAL TABLE messages_search USING fts5 (
    content, content = 'messages', content_rowid = 'id', tokenize = 'trigram'
  )`,
  `INSERT INTO messages_search (messages_search) VALUES ('rebuild')`,
  `CREATE TRIGGER messages_searched AFTER INSERT ON messages BEGIN
    INSERT INTO messages_search (rowid, content) VALUES (new.id, new.content);
  END`,
  `CREATE TRIGGER messages_forgotten AFTER DELETE ON messages BEGIN
    INSERT INTO messages_search (messages_search, rowid, content) VALUES ('delete', old.id, old.content);
  END`,
  `CREATE TRIGGER messages_reworded AFTER UPDATE OF content ON messages BEGIN
    INSERT INTO messages_search (messages_search, rowid, content) VALUES ('delete', old.id, old.content);
    INSERT INTO messages_search (rowid, content) VALUES (new.id, new.content);
  END`
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const run = Effect.forEach((statement: string) => sql.unsafe(statement), { discard: true })
  yield* run(indexes)
  // Elsewhere the messages themselves are looked through.
  yield* run(sql.onDialectOrElse({ sqlite: () => search, orElse: () => [] }))
})
