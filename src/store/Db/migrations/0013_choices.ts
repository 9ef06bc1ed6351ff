import { SqlClient } from "@effect/sql"
import { Effect } from "effect"

/** Which model an agent speaks with in a room, as JSON; null leaves it to the agent and the room. */
const statement = `ALTER TABLE room_agents ADD COLUMN choice TEXT`

export default Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement))
