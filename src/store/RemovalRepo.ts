import { SqlClient } from "@effect/sql"
import { Array, Context, Effect, Layer, Option, Schema } from "effect"
import { RoomId } from "../domain/RoomId.ts"
import { Flag } from "../domain/Row.ts"
import * as Sql from "./Sql.ts"
import { type Commit, within } from "./WriteQueue.ts"

const Unfinished = Schema.Struct({
  id: RoomId,
  /** Whether the room itself goes, or only what is cleared of it. */
  is_leaving: Flag,
  cleared_messages: Schema.Int,
  cleared_critiques: Schema.Int,
  cleared_events: Schema.Int
})
export type Unfinished = typeof Unfinished.Type

export class RemovalRepo extends Context.Tag("parley/store/RemovalRepo")<
  RemovalRepo,
  {
    /** Rooms whose import has come to no end are to go: one of them, or all. */
    readonly abandon: (room: RoomId | null) => Effect.Effect<void, never, Commit>
    /** Something of this room, or of any, is still to be taken away. */
    readonly find: (room: RoomId | null) => Effect.Effect<Option.Option<Unfinished>>
    /** Takes away rows that weigh `limit` together, or a last one more; false when none is left. */
    readonly take: (room: Unfinished, limit: number) => Effect.Effect<boolean, never, Commit>
    /** Nothing is left to be taken away, unless the room was cleared again meanwhile. */
    readonly finish: (room: Unfinished) => Effect.Effect<void, never, Commit>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

/** A table of rows of rooms, and what tells those of one room apart. */
interface Shelf {
  readonly table: string
  readonly key: string
  readonly upTo?: number
  /** What a row weighs; 1 where it is not said. */
  readonly weight?: string
}

/** A long message takes as long as many short ones: each of its words goes from the index. */
const messages = { table: "messages", key: "id", weight: "1 + octet_length(content) / 1000" }

const emptied = ({ cleared_critiques, cleared_events, cleared_messages }: Unfinished): ReadonlyArray<Shelf> => [
  { ...messages, upTo: cleared_messages },
  { table: "critiques", key: "id", upTo: cleared_critiques },
  { table: "events", key: "id", upTo: cleared_events }
]

// Each before those that it points to, so that nothing goes along with another unseen.
const whole: ReadonlyArray<Shelf> = [
  { table: "turns", key: "id" },
  { table: "critiques", key: "id" },
  { table: "rounds", key: "id" },
  messages,
  { table: "events", key: "id" },
  { table: "sessions", key: "agent_id" },
  { table: "room_agents", key: "agent_id" },
  { table: "room_reads", key: "user_id" },
  { table: "imports", key: "source" }
]

const gone = Sql.all(Schema.Struct({ weight: Schema.Int }))
const maybeUnfinished = Sql.first(Unfinished)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const write = <A, E>(effect: Effect.Effect<A, E>) => within(Effect.orDie(effect))

  const takeFrom = (room: RoomId, { key, table, upTo, weight = "1" }: Shelf, limit: number) => {
    const [from, name, weighs] = [sql.literal(table), sql.literal(key), sql.literal(weight)]
    const rows = sql.and([sql`room_id = ${room}`, ...(upTo === undefined ? [] : [sql`${name} <= ${upTo}`])])
    return Effect.map(
      within(
        gone(sql`
          DELETE FROM ${from} WHERE room_id = ${room} AND ${name} IN (
            SELECT ${name} FROM (
              SELECT ${name}, weight, sum(weight) OVER (ORDER BY ${name}) AS total FROM (
                SELECT ${name}, ${weighs} AS weight FROM ${from} WHERE ${rows} ORDER BY ${name} LIMIT ${limit}
              ) AS next
            ) AS summed WHERE total - weight < ${limit}
          ) RETURNING ${weighs} AS weight`)
      ),
      Array.reduce(0, (sum, { weight }) => sum + weight)
    )
  }

  // What goes whole goes whatever its marks are; what is to be cleared up to a mark that cannot be read stays hidden.
  const columns = ["cleared_messages", "cleared_critiques", "cleared_events"]
  const isMark = (column: string) =>
    `${column} BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER} AND ${column} = CAST(${column} AS BIGINT)`
  const marks = sql.literal(
    columns.map((column) => `CASE WHEN ${isMark(column)} THEN ${column} ELSE 0 END AS ${column}`).join(", ")
  )
  const areMarks = sql.literal(columns.map(isMark).join(" AND "))

  return RemovalRepo.of({
    abandon: (room) =>
      write(sql`
        UPDATE rooms SET state = 'deleting'
        WHERE state <> 'open' AND state = 'importing' ${room === null ? sql.literal("") : sql`AND id = ${room}`}`),

    find: (room) =>
      maybeUnfinished(sql`
        SELECT id, state = 'deleting' AS is_leaving, ${marks} FROM rooms
        WHERE (state <> 'open' OR is_clearing = 1) AND (state = 'deleting' OR (state = 'open' AND ${areMarks}))
          ${room === null ? sql.literal("") : sql`AND id = ${room}`}
        ORDER BY id LIMIT 1`),

    take: Effect.fnUntraced(function* (room, limit) {
      let left = limit
      for (const shelf of room.is_leaving ? whole : emptied(room)) {
        left -= yield* takeFrom(room.id, shelf, left)
        if (left <= 0) return true
      }
      return false
    }),

    finish: ({ cleared_critiques, cleared_events, cleared_messages, id, is_leaving }) =>
      write(
        is_leaving
          ? sql`DELETE FROM rooms WHERE id = ${id} AND state = 'deleting'`
          : sql`
              UPDATE rooms SET is_clearing = 0 WHERE id = ${id} AND cleared_messages = ${cleared_messages}
                AND cleared_critiques = ${cleared_critiques} AND cleared_events = ${cleared_events}`
      )
  })
})
