import { SqlClient } from "@effect/sql"
import { Array, Context, Effect, Layer, Option, Schema } from "effect"
import type { AgentId } from "../domain/Agent.ts"
import type { PageSize } from "../domain/Message.ts"
import { RoomExists, RoomNotFound, RoomRow, RoomSummary } from "../domain/Room.ts"
import type { RoomId } from "../domain/RoomId.ts"
import { Timestamp } from "../domain/Time.ts"
import * as Sql from "../lib/sql.ts"
import { Commit } from "../WriteQueue.ts"

export class RoomRepo extends Context.Tag("parley/Rooms/Repo/RoomRepo")<
  RoomRepo,
  {
    readonly insert: (room: NewRoom) => Effect.Effect<RoomRow, RoomExists, Commit>
    readonly find: (id: RoomId) => Effect.Effect<RoomRow, RoomNotFound>
    /** Unread first, then the latest activity. No owner means every room. */
    readonly list: (user: string, owner: string | null, limit: PageSize) => Effect.Effect<ReadonlyArray<RoomSummary>>
    readonly lastRead: (id: RoomId, user: string) => Effect.Effect<Timestamp | null>
    readonly update: (id: RoomId, changes: Changes) => Effect.Effect<RoomRow, RoomExists | RoomNotFound, Commit>
    readonly remove: (id: RoomId) => Effect.Effect<void, RoomNotFound, Commit>
    readonly markRead: (id: RoomId, user: string, at: Timestamp) => Effect.Effect<void, never, Commit>
    /** Notes that something was said; `replies` counts towards the limit. */
    readonly touch: (id: RoomId, at: Timestamp, replies: number) => Effect.Effect<RoomRow, RoomNotFound, Commit>
    /** The room has no past: its replies count from zero. */
    readonly restart: (id: RoomId) => Effect.Effect<RoomRow, RoomNotFound, Commit>
    /** True when the agent was not yet there. It sees what is said from now on. */
    readonly join: (id: RoomId, agent: AgentId, at: Timestamp) => Effect.Effect<boolean, never, Commit>
    /** True when the agent was there. */
    readonly leave: (id: RoomId, agent: AgentId) => Effect.Effect<boolean, never, Commit>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

type NewRoom = Pick<
  RoomRow,
  "owner_id" | "name" | "max_interactions" | "default_provider" | "default_model" | "created_at"
>
type Changes = Partial<Pick<RoomRow, "name" | "max_interactions" | "is_paused">>

const asRoom = Sql.first(RoomRow)
const asNewRoom = Sql.one(RoomRow)
const asSummaries = Sql.all(RoomSummary)
const asReading = Sql.first(Schema.Struct({ last_read_at: Timestamp }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const found = (id: RoomId) =>
    Effect.flatMap(Option.match({ onNone: () => RoomNotFound.of(id), onSome: (room: RoomRow) => Effect.succeed(room) }))

  const write = <A, E>(effect: Effect.Effect<A, E>) => Effect.zipRight(Commit, effect)

  return RoomRepo.of({
    insert: (room) =>
      write(
        sql`INSERT INTO rooms ${sql.insert(room)} RETURNING *`.pipe(
          Sql.orConflict(() => RoomExists.of(room.name)),
          asNewRoom
        )
      ),

    find: (id) => found(id)(asRoom(sql`SELECT * FROM rooms WHERE id = ${id}`)),

    list: (user, owner, limit) =>
      asSummaries(sql`
        SELECT rooms.*, last_read_at,
          last_read_at IS NULL OR COALESCE(last_activity_at, created_at) > last_read_at AS has_unread
        FROM rooms LEFT JOIN room_reads ON room_reads.room_id = rooms.id AND room_reads.user_id = ${user}
        WHERE ${owner === null ? sql`1 = 1` : sql`owner_id = ${owner}`}
        ORDER BY has_unread DESC, COALESCE(last_activity_at, created_at) DESC, rooms.id DESC
        LIMIT ${limit}`),

    lastRead: (id, user) =>
      Effect.map(
        asReading(sql`SELECT last_read_at FROM room_reads WHERE room_id = ${id} AND user_id = ${user}`),
        Option.match({ onNone: () => null, onSome: (row) => row.last_read_at })
      ),

    update: (id, changes) =>
      write(
        sql`UPDATE rooms SET ${sql.update(columns(changes))} WHERE id = ${id} RETURNING *`.pipe(
          Sql.orConflict(() => RoomExists.of(changes.name ?? "")),
          asRoom,
          found(id)
        )
      ),

    remove: (id) => write(Effect.asVoid(found(id)(asRoom(sql`DELETE FROM rooms WHERE id = ${id} RETURNING *`)))),

    markRead: (id, user, at) =>
      write(
        Effect.orDie(sql`
          INSERT INTO room_reads (room_id, user_id, last_read_at) VALUES (${id}, ${user}, ${at})
          ON CONFLICT (room_id, user_id) DO UPDATE SET last_read_at = excluded.last_read_at`)
      ),

    touch: (id, at, replies) =>
      write(
        found(id)(
          asRoom(sql`
            UPDATE rooms SET last_activity_at = ${at}, interactions = interactions + ${replies}
            WHERE id = ${id} RETURNING *`)
        )
      ),

    restart: (id) => write(found(id)(asRoom(sql`UPDATE rooms SET interactions = 0 WHERE id = ${id} RETURNING *`))),

    join: (id, agent, at) =>
      write(
        Effect.map(
          Effect.orDie(sql`
            INSERT INTO room_agents (room_id, agent_id, joined_at, joined_after)
            VALUES (${id}, ${agent}, ${at}, COALESCE((SELECT max(id) FROM messages WHERE room_id = ${id}), 0))
            ON CONFLICT (room_id, agent_id) DO NOTHING RETURNING agent_id`),
          Array.isNonEmptyReadonlyArray
        )
      ),

    leave: (id, agent) =>
      write(
        Effect.map(
          Effect.orDie(sql`DELETE FROM room_agents WHERE room_id = ${id} AND agent_id = ${agent} RETURNING agent_id`),
          Array.isNonEmptyReadonlyArray
        )
      )
  })
})

const columns = ({ is_paused, ...changes }: Changes) => ({
  ...changes,
  ...(is_paused === undefined ? {} : { is_paused: Number(is_paused) })
})
