import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const isIndexed = "old.id <= (SELECT indexed_to FROM search_progress)"

/** Messages are indexed many at a time, in the order of their ids: up to which one stands here. */
const search = [
  `CREATE TABLE search_progress (indexed_to INTEGER NOT NULL)`,
  `INSERT INTO search_progress (indexed_to) SELECT coalesce(max(id), 0) FROM messages`,
  `DROP TRIGGER messages_searched`,
  `DROP TRIGGER messages_forgotten`,
  `DROP TRIGGER messages_reworded`,
  `CREATE TRIGGER messages_forgotten AFTER DELETE ON messages WHEN ${isIndexed} BEGIN
    INSERT INTO messages_search (messages_search, rowid, content) VALUES ('delete', old.id, old.content);
  END`,
  `CREATE TRIGGER messages_reworded AFTER UPDATE OF content ON messages WHEN ${isIndexed} BEGIN
    INSERT INTO messages_search (messages_search, rowid, content) VALUES ('delete', old.id, old.content);
    INSERT INTO messages_search (rowid, content) VALUES (new.id, new.content);
  END`
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const statements = sql.onDialectOrElse({ sqlite: () => search, orElse: () => [] })
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
