import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import * as Reads from "../support/Reads.ts"
import * as Statements from "../support/Statements.ts"

const statements = Statements.make()
const house = House.shared({ agents: { Ada: "Ada builds clocks.", Bo: "Bo keeps bees." } }).pipe(
  Layer.provide(statements.layer)
)

/** A house that has been lived in: 200 rooms of two people, in twenty of which much was said and done. */
const setup = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const guest = yield* Client.guest
  const many = (count: number) => sql`
    WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${count})`
  const at = sql.literal("strftime('%Y-%m-%dT%H:%M:%fZ', 1780000000 + n, 'unixepoch')")
  yield* sql`${many(200)}
    INSERT INTO rooms (owner_id, name, default_provider, created_at, last_activity_at)
    SELECT iif(n % 2 = 1, ${guest.user.user_id}, 'admin'), 'room ' || n, 'puppet', ${at}, ${at} FROM counter`
  const [room] = yield* sql<{ readonly id: number }>`SELECT min(id) AS id FROM rooms WHERE owner_id <> 'admin'`
  const id = room?.id ?? 0
  yield* sql`${many(6000)}
    INSERT INTO messages (room_id, role, participant_type, content, timestamp)
    SELECT ${id} + n % 20, 'user', 'user', 'message ' || n, ${at} FROM counter`
  yield* sql`${many(2000)}
    INSERT INTO rounds (room_id, "trigger", policy, seed, tape, started_at, ended_at, stop_reason)
    SELECT ${id} + n % 20, '{"kind":"continue","cause":null}', 'priority', 1, '[]', ${at}, ${at}, 'no_agents'
    FROM counter`
  yield* guest.ask(({ rooms }) => rooms.join({ path: { room_id: id, agent_id: 1 } }))
  const reads = yield* Reads.make
  return { guest, id, reads }
})

/** How many things of a list, or of the lists of one thing, an answer has. */
const sizeOf = (data: unknown): number =>
  Array.isArray(data)
    ? data.length
    : Object.values(Object(data)).reduce<number>((sum, part) => sum + (Array.isArray(part) ? part.length : 0), 0)

layer(house, { excludeTestServices: true })("What a route reads", (it) => {
  it.scoped(
    "is of no table more rows than it answers with, and ten; the newest messages are counted off in an index before",
    () =>
      Effect.gen(function* () {
        const { guest, id, reads } = yield* setup
        const room = `/rooms/${id}`
        const routes = [
          "/rooms",
          "/rooms?limit=20",
          `/rooms?limit=20&after=${id + 100}`,
          `/rooms?limit=20&before=${id + 100}`,
          room,
          `${room}/messages`,
          `${room}/messages?limit=50`,
          `${room}/messages?limit=50&before=5000`,
          `${room}/messages?limit=50&after=1000`,
          `${room}/messages/poll`,
          `${room}/messages/poll?since_id=5900`,
          `${room}/rounds?limit=20`,
          `${room}/agents`,
          `${room}/critic-messages`,
          `${room}/chatting-agents`,
          "/agents",
          "/agents/1"
        ]

        // In plain HTTP, for a status says that a route is there.
        const answers = yield* Effect.forEach(routes, (route) =>
          Effect.map(statements.during(guest.json("GET", route)), ({ result, statements: run }) => {
            const rows = reads.rows(run)
            const most = (table: string) => sizeOf(result.data) * (table === "messages" ? 2 : 1) + 10
            const over = Object.entries(rows).filter(([table, count]) => count > most(table))
            return { route, status: result.status, size: sizeOf(result.data), rows, over }
          })
        )

        deepStrictEqual(
          answers.filter(({ over, status }) => status !== 200 || over.length > 0),
          []
        )
        assertTrue(answers.some(({ rows, size }) => size >= 300 && (rows["messages"] ?? 0) >= 300))
        assertTrue(answers.some(({ rows }) => rows["rooms"] === 100))
      })
  )
})
