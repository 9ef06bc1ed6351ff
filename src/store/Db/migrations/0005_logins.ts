import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const statements = [
  `CREATE TABLE revoked_tokens (
    sha256 TEXT PRIMARY KEY,
    expires_at TEXT NOT NULL
  )`,
  `CREATE INDEX revoked_tokens_expiry ON revoked_tokens (expires_at)`,

  // Of this identity, every token issued at this microsecond or before is revoked.
  `CREATE TABLE login_cutoffs (
    user_id TEXT PRIMARY KEY,
    cut_off BIGINT NOT NULL,
    expires_at TEXT NOT NULL
  )`,
  `CREATE INDEX login_cutoffs_expiry ON login_cutoffs (expires_at)`
]

export default Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
)
