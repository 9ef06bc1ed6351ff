import { SqlClient } from "@effect/sql"
import { Array, Context, Effect, Layer, Option, Record, Schema } from "effect"
import type { AgentId } from "../domain/Agent.ts"
import type { Page } from "../domain/Param.ts"
import { RoomExists, RoomNotFound, RoomRow, RoomSummary } from "../domain/Room.ts"
import { RoomId } from "../domain/RoomId.ts"
import type { Wanted } from "../domain/RoomSettings.ts"
import { Flag } from "../domain/Row.ts"
import { Timestamp } from "../domain/Time.ts"
import { JsonText } from "../lib/json.ts"
import * as Sql from "./Sql.ts"
import { Done, Statements } from "./Statements.ts"
import { OwnerId, type Place } from "./Topic.ts"
import { type Commit, within } from "./WriteQueue.ts"

export class RoomRepo extends Context.Tag("parley/store/RoomRepo")<
  RoomRepo,
  {
    readonly insert: (room: NewRoom) => Effect.Effect<RoomRow, RoomExists, Commit>
    readonly find: (id: RoomId) => Effect.Effect<RoomRow, RoomNotFound>
    readonly hasAny: Effect.Effect<boolean>
    /** Why the loop guard has stopped the room; null where it has not. Reads nothing else of it. */
    readonly circles: (id: RoomId) => Effect.Effect<string | null, RoomNotFound>
    /**
     * By the latest activity, newest first, or the unread of the page before the others. No owner means every room. One
     * that cannot be read is left out.
     */
    readonly list: (user: string, owner: string | null, page: RoomPage) => Effect.Effect<RoomsJson>
    /** The owner's room of that name, and whether the agent sits in it. */
    readonly named: (owner: string, name: string, agent: AgentId) => Effect.Effect<Option.Option<Named>>
    readonly lastRead: (id: RoomId, user: string) => Effect.Effect<Timestamp | null>
    readonly update: (id: RoomId, changes: Changes) => Effect.Effect<RoomRow, RoomExists | RoomNotFound, Commit>
    /** From the commit on the room is there for nobody, and its name is free, whatever else is stored of it. */
    readonly hide: (id: RoomId) => Effect.Effect<Place, RoomNotFound, Commit>
    readonly markRead: (id: RoomId, user: string, at: Timestamp) => Effect.Effect<void, never, Commit>
    /** A person has spoken: the loop guard and the count of quiet rounds begin anew. */
    readonly heard: (id: RoomId, at: Timestamp) => Effect.Effect<void, RoomNotFound, Commit>
    /** The same where somebody asks the agents to go on without saying anything. */
    readonly release: (id: RoomId) => Effect.Effect<RoomRow, RoomNotFound, Commit>
    readonly settle: (id: RoomId, turn: TurnSum) => Effect.Effect<RoomRow, RoomNotFound, Commit>
    /** A round has ended; quiet ones are those that no person asked for. */
    readonly rested: (id: RoomId, at: Timestamp, isQuiet: boolean) => Effect.Effect<void, never, Commit>
    /** Rooms whose agents may take up the conversation by themselves, in which two of them sit. */
    readonly autonomous: (limit: number) => Effect.Effect<ReadonlyArray<RoomRow>>
    /** The room has no past from the commit on: nothing that it holds is seen, and its replies count from zero. */
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

/** A list of `RoomSummary` as JSON text. */
export const RoomsJson = JsonText.pipe(Schema.brand("RoomsJson"))
export type RoomsJson = typeof RoomsJson.Type

type NewRoom = Pick<RoomRow, "owner_id" | "name" | "default_provider" | "default_model" | "created_at"> & Wanted
export type Changes = Partial<Pick<RoomRow, "name" | "is_paused" | "default_provider" | "default_model">> & Wanted

/** What a turn adds to its room. */
interface TurnSum {
  /** When something was said; null when nothing was. */
  readonly spoken_at: Timestamp | null
  /** How many replies it counts for. */
  readonly replies: number
  readonly counted: { readonly tokens: number; readonly usd: number }
  /** Why nobody may go on; null leaves it as it is. */
  readonly loop_guard: string | null
}

export interface RoomPage extends Page {
  readonly unreadFirst?: boolean
}

const Named = Schema.Struct({ id: RoomId, is_seated: Flag })
type Named = typeof Named.Type

/** As the index has it. */
const activity = "coalesce(last_activity_at, created_at)"

const asRoom = Sql.first(RoomRow, "rooms")
const maybeNamed = Sql.first(Named)
const maybePlace = Sql.first(Schema.Struct({ id: RoomId, owner_id: OwnerId }), "rooms")
const asCircles = Sql.readable(Schema.Struct({ loop_guard: Schema.NullOr(Schema.String) }), "rooms", () =>
  Option.some({ loop_guard: null })
)
const asRooms = Sql.readable(RoomRow, "rooms")
const asSummaries = Sql.readable(RoomSummary, "rooms")
const encodeList = Schema.encodeSync(Schema.parseJson(Schema.Array(RoomSummary)))
const asNewRoom = Sql.one(RoomRow, "rooms")
const asId = Sql.first(Schema.Struct({ id: RoomId }))
const asDone = Sql.one(Done)
const asList = Sql.one(Schema.Struct({ list: RoomsJson }))
const asReading = Sql.first(Schema.Struct({ last_read_at: Timestamp }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { prepare } = yield* Statements

  const found =
    (id: RoomId) =>
    <A, E>(room: Effect.Effect<Option.Option<A>, E>) =>
      Effect.flatMap(room, (it) => (Option.isSome(it) ? Effect.succeed(it.value) : RoomNotFound.of(id)))

  const asJson = sql.onDialectOrElse({
    orElse: () => {
      const values = Object.entries(RoomSummary.fields).map(
        ([name, field]) => `'${name}', ${field === Flag ? `json(iif(${name}, 'true', 'false'))` : name}`
      )
      return sql.literal(`coalesce(json_group_array(json_object(${values.join(", ")})), '[]')`)
    }
  })

  const newest = `(SELECT coalesce(max(id), 0) FROM messages WHERE room_id = rooms.id)`

  /** A room that people may see; of the others nothing is known here. */
  const open = (id: RoomId) => sql`id = ${id} AND state = 'open'`

  const isOpen = "id = @id AND state = 'open'"
  const select = prepare<{ id: RoomId }>(`SELECT * FROM rooms WHERE ${isOpen}`)
  const selectGuard = prepare<{ id: RoomId }>(`SELECT id, loop_guard FROM rooms WHERE ${isOpen}`)
  const hear = prepare<{ id: RoomId; at: Timestamp }>(`
    UPDATE rooms SET last_activity_at = @at, quiet_rounds = 0, loop_guard = NULL, guard_after = ${newest}
    WHERE ${isOpen}`)
  const release = prepare<{ id: RoomId }>(`
    UPDATE rooms SET quiet_rounds = 0, loop_guard = NULL, guard_after = ${newest} WHERE ${isOpen} RETURNING *`)
  const settle = prepare<Omit<TurnSum, "counted"> & { id: RoomId; tokens: number; usd: number }>(`
    UPDATE rooms SET
      last_activity_at = coalesce(@spoken_at, last_activity_at),
      interactions = interactions + @replies,
      spent_tokens = spent_tokens + @tokens,
      spent_usd = spent_usd + @usd,
      loop_guard = coalesce(@loop_guard, loop_guard)
    WHERE ${isOpen} RETURNING *`)
  const rest = prepare<{ id: RoomId; at: Timestamp; quiet: number }>(
    "UPDATE rooms SET last_round_at = @at, quiet_rounds = quiet_rounds + @quiet WHERE id = @id"
  )

  return RoomRepo.of({
    insert: (room) =>
      within(
        sql`INSERT INTO rooms ${sql.insert(columns(room))} RETURNING *`.pipe(
          Sql.orConflict(() => RoomExists.of(room.name)),
          asNewRoom
        )
      ),

    find: (id) => found(id)(asRoom(select({ id }))),

    list: (user, owner, { limit, unreadFirst, ...cursors }) => {
      const mine = owner === null ? sql`1 = 1` : sql`owner_id = ${owner}`
      const { bounds, by } = Sql.keyset(sql, {
        order: [activity, "id"],
        direction: "DESC",
        row: (id) => sql`FROM rooms WHERE id = ${id} AND ${mine} AND state = 'open'`,
        ...cursors
      })
      const order = `${unreadFirst ? "has_unread DESC," : ""} ${activity} DESC, rooms.id DESC`
      const rows = sql`
        SELECT rooms.*, last_read_at, last_read_at IS NULL OR ${sql.literal(activity)} > last_read_at AS has_unread
        FROM (
          SELECT * FROM rooms WHERE ${sql.and([mine, sql`state = 'open'`, ...bounds])}
          ORDER BY ${by} LIMIT ${limit}) AS rooms
        LEFT JOIN room_reads ON room_reads.room_id = rooms.id AND room_reads.user_id = ${user}
        ORDER BY ${sql.literal(order)}`
      // One row that is no JSON breaks the statement; then each is read by itself.
      return Effect.map(
        asList(
          Effect.catchTag(sql`SELECT ${asJson} AS list FROM (${rows}) AS listed`, "SqlError", () =>
            Effect.map(asSummaries(rows), (listed) => [{ list: encodeList(listed) }])
          )
        ),
        (row) => row.list
      )
    },

    hasAny: Effect.map(asId(sql`SELECT id FROM rooms WHERE state = 'open' LIMIT 1`), Option.isSome),

    circles: (id) =>
      Effect.flatMap(asCircles(selectGuard({ id })), ([room]) =>
        room === undefined ? RoomNotFound.of(id) : Effect.succeed(room.loop_guard)
      ),

    named: (owner, name, agent) =>
      maybeNamed(sql`
        SELECT id,
          state = 'open' AND EXISTS (SELECT 1 FROM room_agents WHERE room_id = id AND agent_id = ${agent}) AS is_seated
        FROM rooms WHERE owner_id = ${owner} AND name = ${name} AND state <> 'deleting'`),

    lastRead: (id, user) =>
      Effect.map(
        asReading(sql`SELECT last_read_at FROM room_reads WHERE room_id = ${id} AND user_id = ${user}`),
        Option.match({ onNone: () => null, onSome: (row) => row.last_read_at })
      ),

    update: (id, changes) =>
      within(
        sql`UPDATE rooms SET ${sql.update(columns(changes))} WHERE ${open(id)} RETURNING *`.pipe(
          Sql.orConflict(() => RoomExists.of(changes.name ?? "")),
          asRoom,
          found(id)
        )
      ),

    hide: (id) =>
      within(
        found(id)(
          maybePlace(sql`
            UPDATE rooms SET state = 'deleting' WHERE id = ${id} AND state NOT IN ('importing', 'deleting')
            RETURNING id, owner_id`)
        )
      ),

    markRead: (id, user, at) =>
      within(
        Effect.orDie(sql`
          INSERT INTO room_reads (room_id, user_id, last_read_at) VALUES (${id}, ${user}, ${at})
          ON CONFLICT (room_id, user_id) DO UPDATE SET last_read_at = excluded.last_read_at`)
      ),

    heard: (id, at) =>
      within(
        Effect.flatMap(asDone(hear({ id, at })), ({ changes }) => (changes === 0 ? RoomNotFound.of(id) : Effect.void))
      ),

    release: (id) => within(found(id)(asRoom(release({ id })))),

    settle: (id, { counted, ...turn }) => within(found(id)(asRoom(settle({ id, ...turn, ...counted })))),

    rested: (id, at, isQuiet) => within(Effect.asVoid(rest({ id, at, quiet: Number(isQuiet) }))),

    autonomous: (limit) =>
      asRooms(sql`
        SELECT * FROM rooms WHERE autonomous = 1 AND state = 'open' AND is_paused = 0 AND loop_guard IS NULL
          AND quiet_rounds < autonomous_max_rounds
          AND (max_interactions IS NULL OR interactions < max_interactions)
          AND (SELECT count(*) FROM room_agents JOIN agents ON agents.id = agent_id
            WHERE room_id = rooms.id AND is_critic = 0 AND retired_at IS NULL) > 1
        ORDER BY last_round_at, id LIMIT ${limit}`),

    restart: (id) =>
      within(
        found(id)(
          asRoom(sql`
            UPDATE rooms SET interactions = 0, loop_guard = NULL, is_clearing = 1,
              cleared_messages = (SELECT coalesce(max(id), 0) FROM messages WHERE room_id = rooms.id),
              cleared_critiques = (SELECT coalesce(max(id), 0) FROM critiques WHERE room_id = rooms.id),
              cleared_events = (SELECT coalesce(max(id), 0) FROM events WHERE room_id = rooms.id)
            WHERE ${open(id)} RETURNING *`)
        )
      ),

    join: (id, agent, at) =>
      within(
        Effect.map(
          Effect.orDie(sql`
            INSERT INTO room_agents (room_id, agent_id, joined_at, joined_after)
            VALUES (${id}, ${agent}, ${at}, COALESCE((SELECT max(id) FROM messages WHERE room_id = ${id}), 0))
            ON CONFLICT (room_id, agent_id) DO NOTHING RETURNING agent_id`),
          Array.isNonEmptyReadonlyArray
        )
      ),

    leave: (id, agent) =>
      within(
        Effect.map(
          Effect.orDie(sql`DELETE FROM room_agents WHERE room_id = ${id} AND agent_id = ${agent} RETURNING agent_id`),
          Array.isNonEmptyReadonlyArray
        )
      )
  })
})

const columns = (row: Readonly<Record<string, string | number | boolean | null | undefined>>) =>
  Record.filterMap(row, (value) =>
    value === undefined ? Option.none() : Option.some(typeof value === "boolean" ? Number(value) : value)
  )
