import { SqlClient, type SqlError } from "@effect/sql"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Agent, type AgentId } from "../domain/Agent.ts"
import { ImageType } from "../domain/Image.ts"
import { MessageId } from "../domain/Message.ts"
import { WrittenMessage, WrittenSeat } from "../domain/RoomDocument.ts"
import type { RoomNotFound, RoomRow } from "../domain/Room.ts"
import type { RoomId } from "../domain/RoomId.ts"
import { Flag } from "../domain/Row.ts"
import { Timestamp } from "../domain/Time.ts"
import * as Time from "../domain/Time.ts"
import type { ModelChoice } from "../domain/ModelChoice.ts"
import * as Sql from "./Sql.ts"
import { encodeChoice, StoredChoice } from "./StoredChoice.ts"
import { RoomRepo } from "./RoomRepo.ts"
import { type Commit, within } from "./WriteQueue.ts"

const Row = Schema.Struct({
  ...WrittenMessage.omit("images", "missing_images").fields,
  id: MessageId,
  partial: Flag,
  images: Schema.NullOr(Schema.parseJson(Schema.Array(Schema.Struct({ media_type: ImageType }))))
})
export type Row = typeof Row.Type

const Extent = Schema.Struct({ last: Schema.Int, count: Schema.Int })
type Extent = typeof Extent.Type

interface Snapshot {
  readonly room: RoomRow
  /** Who sits in the room, in the order of joining. */
  readonly agents: ReadonlyArray<typeof WrittenSeat.Type>
  /** How many messages there are, and the id of the last. */
  readonly extent: Extent
  readonly exported_at: Timestamp
}

type Known = Pick<Agent, "id" | "name" | "display_name">

interface NewSeat {
  readonly agent_id: AgentId
  readonly joined_at: Timestamp
  readonly joined_after: number
  readonly choice: ModelChoice
}

/** What a room that comes from elsewhere has had already. */
interface Past {
  readonly is_paused: boolean
  readonly last_activity_at: Timestamp | null
}

export class DocumentRepo extends Context.Tag("parley/store/DocumentRepo")<
  DocumentRepo,
  {
    /** A room at one moment: messages never change, and those up to the last of the extent belong to it. */
    readonly snapshot: (room: RoomId) => Effect.Effect<Snapshot, RoomNotFound>
    /** The oldest `limit` messages after one, up to `last`; a notice stands for one that cannot be read. */
    readonly page: (room: RoomId, after: number, last: number, limit: number) => Effect.Effect<ReadonlyArray<Row>>
    readonly hasName: (owner: string, name: string) => Effect.Effect<boolean>
    /** This server's agents that answer to one of the names, their folder's or the shown one. */
    readonly agentsNamed: (names: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Known>>
    readonly seat: (room: RoomId, seats: ReadonlyArray<NewSeat>) => Effect.Effect<void, never, Commit>
    /**
     * Adds up what was stored, where it is not known how many replies there are: they count, and are no matter of the
     * loop guard. The agents do not take up the conversation by themselves before a person has spoken.
     */
    readonly settle: (room: RoomId, past: Past, replies?: number) => Effect.Effect<void, never, Commit>
    /** Nobody sees the room, and its name is taken, until it is shown. */
    readonly hide: (room: RoomId) => Effect.Effect<void, never, Commit>
    readonly show: (room: RoomId) => Effect.Effect<void, never, Commit>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const Place = Schema.decodeUnknownOption(Schema.Struct({ id: MessageId }))
const Moment = Schema.decodeUnknownOption(Schema.Struct({ timestamp: Timestamp }))

/** Stands in the place of a message that cannot be read. */
export const noticeOf = ({ id, timestamp }: Pick<Row, "id" | "timestamp">): Row => ({
  id,
  role: "assistant",
  agent_name: null,
  agent_display_name: null,
  participant_type: "system",
  participant_name: null,
  content: "This message cannot be read.",
  thinking: null,
  provider: null,
  partial: false,
  finish: null,
  images: null,
  timestamp
})

const notice = (row: unknown): Option.Option<Row> =>
  Option.map(Place(row), ({ id }) => {
    const moment = Option.match(Moment(row), { onNone: () => Time.at(0), onSome: ({ timestamp }) => timestamp })
    return noticeOf({ id, timestamp: moment })
  })

const asRows = Sql.readable(Row, "messages", notice)
const asSeats = Sql.readable(Schema.Struct({ ...WrittenSeat.fields, choice: StoredChoice }), "agents")
const asExtent = Sql.one(Extent)
const asAgents = Sql.all(Agent.pick("id", "name", "display_name"))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rooms = yield* RoomRepo
  const write = (statement: Effect.Effect<unknown, SqlError.SqlError>) => within(Effect.asVoid(Effect.orDie(statement)))

  const seats = (room: RoomId) =>
    asSeats(sql`
      SELECT name, display_name, "group", joined_at, joined_after, choice FROM room_agents JOIN agents ON agents.id = agent_id
      WHERE room_id = ${room} ORDER BY joined_at, agents.id`)

  const extent = (room: RoomId) =>
    asExtent(sql`SELECT coalesce(max(id), 0) AS last, count(*) AS count FROM kept_messages WHERE room_id = ${room}`)

  return DocumentRepo.of({
    snapshot: (id) =>
      sql
        .withTransaction(
          Effect.all({ room: rooms.find(id), agents: seats(id), extent: extent(id), exported_at: Time.now })
        )
        .pipe(Effect.catchTag("SqlError", Effect.die)),

    page: (room, after, last, limit) =>
      asRows(sql`
        SELECT id, role, agent_name, agent_display_name, participant_type, participant_name, content, thinking, provider, partial,
          finish, timestamp, images
        FROM messages
        WHERE room_id = ${room} AND id > ${Sql.seenAfter(sql, "cleared_messages", room, after)} AND id <= ${last}
        ORDER BY id LIMIT ${limit}`),

    hasName: (owner, name) =>
      Effect.map(
        Effect.orDie(sql`SELECT id FROM rooms WHERE owner_id = ${owner} AND name = ${name} AND state <> 'deleting'`),
        (rows) => rows.length > 0
      ),

    agentsNamed: (names) =>
      names.length === 0
        ? Effect.succeed([])
        : asAgents(sql`
            SELECT id, name, display_name FROM agents
            WHERE retired_at IS NULL AND (${sql.in("name", names)} OR ${sql.in("display_name", names)})`),

    seat: (room, seats) =>
      seats.length === 0
        ? Effect.void
        : write(sql`
            INSERT INTO room_agents ${sql.insert(seats.map(({ choice, ...seat }) => ({ room_id: room, ...seat, choice: encodeChoice(choice) })))}
            ON CONFLICT (room_id, agent_id) DO NOTHING`),

    hide: (room) => write(sql`UPDATE rooms SET state = 'importing' WHERE id = ${room}`),

    show: (room) => write(sql`UPDATE rooms SET state = 'open' WHERE id = ${room} AND state = 'importing'`),

    settle: (room, { is_paused, last_activity_at }, replies) =>
      write(sql`
        UPDATE rooms SET is_paused = ${Number(is_paused)}, last_activity_at = ${last_activity_at},
          interactions = ${
            replies ??
            sql`(SELECT count(*) FROM messages WHERE room_id = rooms.id AND role = 'assistant'
              AND partial = 0 AND coalesce(participant_type, '') <> 'system')`
          },
          guard_after = (SELECT coalesce(max(id), 0) FROM messages WHERE room_id = rooms.id),
          quiet_rounds = autonomous_max_rounds
        WHERE id = ${room}`)
  })
})
