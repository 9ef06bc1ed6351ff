import { SqlClient } from "@effect/sql"
import { Effect, Option, Schema } from "effect"
import { RoomId } from "../../domain/RoomId.ts"
import { Timestamp } from "../../domain/Time.ts"
import * as Sql from "../Sql.ts"
import { Done, Statements } from "../Statements.ts"
import { OwnerId, Topic } from "../Topic.ts"

/** An entry of the log; `body` is the event as JSON. */
export const Logged = Schema.Struct({ id: Schema.Int, room_id: RoomId, type: Schema.String, body: Schema.String })
export type Logged = typeof Logged.Type

/** An entry as it is found; without a body where that is not the event, and of a type only where that is a text. */
const Found = Schema.Struct({ ...Logged.fields, body: Schema.NullOr(Schema.String) })
export type Found = typeof Found.Type

interface NewEntry extends Omit<Logged, "id"> {
  readonly created_at: Timestamp
}

const asDone = Sql.one(Done)
const asOwner = Sql.one(Schema.Struct({ owner_id: OwnerId }))
const asFound = Sql.readable(Found, "events")
const asIds = Sql.all(Schema.Struct({ id: RoomId }))
const asPosition = Sql.one(Schema.Struct({ id: Schema.Int }))
const asPruned = Sql.all(Schema.Struct({ id: Schema.Int, room_id: RoomId }))

export type Log = Effect.Effect.Success<typeof make>

/** The table of events. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { prepare } = yield* Statements
  // Nothing is told of a room that is hidden: then there is no id, and what lacks one is ignored.
  const insert = prepare<Omit<NewEntry, "id">>(`
    INSERT OR IGNORE INTO events (room_id, type, body, created_at)
    VALUES ((SELECT id FROM rooms WHERE id = @room_id AND state = 'open'), @type, @body, @created_at)`)
  const owner = prepare<{ id: RoomId }>("SELECT owner_id FROM rooms WHERE id = @id")

  const rooms = Topic.$match({
    Room: ({ id }) => sql`id = ${id} AND state = 'open'`,
    Owner: ({ owner_id }) => sql`owner_id = ${owner_id} AND state = 'open'`,
    All: () => sql`state = 'open'`
  })

  const page = (topic: Topic, after: number, limit: number) => {
    const next = sql`id > ${after} ORDER BY id LIMIT ${limit}`
    return Topic.$match(topic, {
      Room: ({ id }) => sql`events
        WHERE room_id = ${id} AND id > ${Sql.seenAfter(sql, "cleared_events", id, after)} ORDER BY id LIMIT ${limit}`,
      // Of the events of many rooms only the ids are sorted: an index has them.
      Owner: ({ owner_id }) => sql`events WHERE id IN (
        SELECT id FROM kept_events WHERE room_id IN (SELECT id FROM rooms WHERE owner_id = ${owner_id}) AND ${next}
      ) ORDER BY id`,
      // In the order of the log, whatever the planner thinks of the view.
      All: () => sql`(SELECT events.* FROM events CROSS JOIN rooms ON rooms.id = events.room_id
        WHERE events.id > ${after} AND state = 'open' AND events.id > cleared_events
        ORDER BY events.id LIMIT ${limit}) AS logged`
    })
  }

  return {
    /** Gives its id; nothing is told of a room that is hidden. */
    insert: ({ body, created_at, room_id, type }: NewEntry) =>
      Effect.map(asDone(insert({ body, created_at, room_id, type })), ({ changes, id }) =>
        changes === 0 ? Option.none() : Option.some(id)
      ),

    owner: (id: RoomId) => Effect.map(asOwner(owner({ id })), ({ owner_id }) => owner_id),

    later: (topic: Topic, after: number, limit: number) =>
      asFound(sql`
        SELECT id, room_id, CASE WHEN typeof(type) = 'text' THEN type ELSE '' END AS type,
          CASE WHEN typeof(body) = 'text' AND json_valid(body)
            THEN CASE WHEN body ->> 'type' = type THEN body END END AS body
        FROM ${page(topic, after, limit)}`),

    newest: Effect.map(asPosition(sql`SELECT coalesce(max(id), 0) AS id FROM events`), ({ id }) => id),

    /** The last that is forgotten of these rooms. */
    prunedTo: (topic: Topic) =>
      Effect.map(
        asPosition(sql`SELECT coalesce(max(events_pruned_to), 0) AS id FROM rooms WHERE ${rooms(topic)}`),
        ({ id }) => id
      ),

    rooms: (topic: Topic, after: number, limit: number) =>
      Effect.map(
        asIds(sql`SELECT id FROM rooms WHERE ${rooms(topic)} AND id > ${after} ORDER BY id LIMIT ${limit}`),
        (found) => found.map(({ id }) => id)
      ),

    prune: Effect.fnUntraced(function* (before: Timestamp, limit: number) {
      const gone = yield* asPruned(sql`
        DELETE FROM events WHERE id IN (
          SELECT id FROM (SELECT id, created_at FROM events WHERE id > 0 ORDER BY id LIMIT ${limit}) AS oldest
          WHERE created_at < ${before}
        ) RETURNING id, room_id`)
      const newestOf = new Map(gone.toSorted((one, other) => one.id - other.id).map(({ id, room_id }) => [room_id, id]))
      yield* Effect.forEach(newestOf, ([room, id]) =>
        Effect.orDie(sql`UPDATE rooms SET events_pruned_to = ${id} WHERE id = ${room} AND events_pruned_to < ${id}`)
      )
      return gone.length
    })
  }
})
