import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

const statement = `ALTER TABLE rooms ADD COLUMN someone_answers INTEGER NOT NULL DEFAULT 1`

export default Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement))
