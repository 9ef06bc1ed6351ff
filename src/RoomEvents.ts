import { SqlClient, SqlSchema } from "@effect/sql"
import { Context, Effect, Layer, Option, Schedule, Schema, type Scope } from "effect"
import { Cache } from "./Cache.ts"
import type { DurableEvent, LiveEvent } from "./domain/Event.ts"
import { RoomId } from "./domain/RoomId.ts"
import * as Time from "./domain/Time.ts"
import * as Json from "./lib/json.ts"
import * as Sql from "./lib/sql.ts"
import * as Sse from "./lib/sse.ts"
import { afterCommit, Commit } from "./WriteQueue.ts"

/** Where a reader's frames go. `write` must not block: a reader that cannot keep up is the sink's to drop. */
export interface Sink {
  readonly write: (frame: Uint8Array) => void
  /** Waits until the reader can take more: for what is read from the log, which has time. */
  readonly drained: Effect.Effect<void>
  /** Called once when the room is gone. */
  readonly end: () => void
}

export class RoomEvents extends Context.Tag("parley/RoomEvents")<
  RoomEvents,
  {
    /**
     * Adds to the room's log in the write under way. Every change of a room is an event, so once it is committed nothing
     * cached of the room is read again, and then its readers get it.
     */
    readonly append: (roomId: RoomId, event: DurableEvent) => Effect.Effect<void, never, Commit>
    /** Empties the room's log in the write under way; what says so is to be appended after it. */
    readonly wipe: (roomId: RoomId) => Effect.Effect<void, never, Commit>
    /** Reaches the readers of the moment, in the order of the calls; never waits for one. */
    readonly send: (roomId: RoomId, event: LiveEvent) => Effect.Effect<void>
    /**
     * Follows the room until the scope closes. With a position, every later event of the log comes first; a position
     * that the log does not know gives `reset`. `greeting` is taken at the moment from which live events arrive.
     */
    readonly follow: (options: {
      readonly roomId: RoomId
      readonly after: Option.Option<number>
      readonly sink: Sink
      readonly greeting: () => ReadonlyArray<LiveEvent>
    }) => Effect.Effect<void, never, Scope.Scope>
    /** Forgets up to `limit` events older than a time; gives how many. Who comes back from before them gets `reset`. */
    readonly prune: (before: Time.Timestamp, limit: number) => Effect.Effect<number, never, Commit>
    /** Tells the readers that the room is gone and lets them go. */
    readonly close: (roomId: RoomId) => Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

/** Cache groups of one room: what was said in it, and what it is and who sits in it. */
export const logGroup = (roomId: RoomId) => `log:${roomId}`
export const roomGroup = (roomId: RoomId) => `room:${roomId}`

const changeTheRoom: ReadonlySet<string> = new Set(["room_updated", "agent_joined", "agent_left"])

interface Reader {
  readonly sink: Sink
  /** What came while the reader was still reading the log; null once it is live. */
  missed: Array<Logged> | null
}

const Logged = Schema.Struct({ id: Schema.Int, type: Schema.String, body: Schema.String })
type Logged = typeof Logged.Type

const asPruned = Sql.all(Schema.Struct({ id: Schema.Int, room_id: RoomId }))
const asNew = Sql.one(Schema.Struct({ id: Schema.Int }))
const maybePrunedTo = Sql.first(Schema.Struct({ events_pruned_to: Schema.Int }))

const pageSize = 500

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const cache = yield* Cache
  const rooms = new Map<RoomId, Set<Reader>>()

  const later = SqlSchema.findAll({
    Request: Schema.Struct({ roomId: RoomId, after: Schema.Int }),
    Result: Logged,
    execute: ({ after, roomId }) =>
      sql`SELECT id, type, body FROM events WHERE room_id = ${roomId} AND id > ${after} ORDER BY id LIMIT ${pageSize}`
  })

  const newest = SqlSchema.single({
    Request: Schema.Void,
    Result: Schema.Struct({ id: Schema.NullOr(Schema.Int) }),
    execute: () => sql`SELECT max(id) AS id FROM events`
  })

  const prunedTo = (roomId: RoomId) =>
    Effect.map(
      maybePrunedTo(sql`SELECT events_pruned_to FROM rooms WHERE id = ${roomId}`),
      Option.match({ onNone: () => 0, onSome: (room) => room.events_pruned_to })
    )

  const forget = (roomId: RoomId, room: boolean) =>
    Effect.zipRight(cache.invalidate(logGroup(roomId)), room ? cache.invalidate(roomGroup(roomId)) : Effect.void)

  const publish = (roomId: RoomId, event: Logged) =>
    Effect.sync(() => {
      const frame = Sse.frame(event)
      for (const reader of rooms.get(roomId) ?? []) {
        if (reader.missed === null) reader.sink.write(frame)
        else reader.missed.push(event)
      }
    })

  const attach = (roomId: RoomId, reader: Reader) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const readers = rooms.get(roomId) ?? new Set()
        rooms.set(roomId, readers.add(reader))
      }),
      () =>
        Effect.sync(() => {
          const readers = rooms.get(roomId)
          if (readers?.delete(reader) && readers.size === 0) rooms.delete(roomId)
        })
    )

  // What is published before a page is read is found in the log, and need not be kept aside.
  const catchUp = Effect.fn("RoomEvents.catchUp")(function* (
    roomId: RoomId,
    sink: Sink,
    missed: Array<Logged>,
    position: number
  ) {
    let after = position
    while (true) {
      missed.length = 0
      const page = yield* Effect.orDie(later({ roomId, after }))
      for (const event of page) {
        sink.write(Sse.frame(event))
        yield* sink.drained
      }
      after = page.at(-1)?.id ?? after
      if (page.length < pageSize && missed.length < pageSize) return after
    }
  })

  yield* Effect.sync(() => {
    for (const readers of rooms.values()) for (const { sink } of readers) sink.write(Sse.heartbeat)
  }).pipe(Effect.schedule(Schedule.spaced("15 seconds")), Effect.forkScoped)

  return RoomEvents.of({
    append: Effect.fnUntraced(function* (roomId, event) {
      const body = Json.stringify(event)
      const created_at = yield* Time.now
      const row = { room_id: roomId, type: event.type, body, created_at }
      const { id } = yield* asNew(sql`INSERT INTO events ${sql.insert(row)} RETURNING id`)
      yield* afterCommit(
        Effect.zipRight(forget(roomId, changeTheRoom.has(event.type)), publish(roomId, { id, type: event.type, body }))
      )
    }),

    wipe: (roomId) => Effect.zipRight(Commit, Effect.orDie(sql`DELETE FROM events WHERE room_id = ${roomId}`)),

    send: (roomId, event) =>
      Effect.sync(() => {
        const readers = rooms.get(roomId)
        if (readers === undefined) return
        const frame = liveFrame(event)
        for (const { missed, sink } of readers) if (missed === null) sink.write(frame)
      }),

    follow: Effect.fn("RoomEvents.follow")(function* ({ after, greeting, roomId, sink }) {
      const missed: Array<Logged> = []
      const reader: Reader = { sink, missed }
      yield* attach(roomId, reader)
      sink.write(Sse.heartbeat)
      const end = (yield* Effect.orDie(newest())).id ?? 0
      const kept = Option.isSome(after) ? yield* prunedTo(roomId) : 0
      const behind = Option.filter(after, (position) => position >= kept && position <= end)
      const isLost = Option.isSome(after) && Option.isNone(behind)
      if (isLost) sink.write(liveFrame({ type: "reset", after: end }))
      const start = isLost ? end : 0
      // Without a position everything since the attachment is new.
      const seen = Option.isSome(behind) ? yield* catchUp(roomId, sink, missed, behind.value) : start
      yield* Effect.sync(() => {
        for (const event of missed) if (event.id > seen) sink.write(Sse.frame(event))
        reader.missed = null
        for (const event of greeting()) sink.write(liveFrame(event))
      })
    }),

    prune: Effect.fn("RoomEvents.prune")(function* (before, limit) {
      yield* Commit
      const gone = yield* asPruned(sql`
        DELETE FROM events WHERE id IN (
          SELECT id FROM events WHERE created_at < ${before} ORDER BY created_at, id LIMIT ${limit}
        ) RETURNING id, room_id`)
      const newestOf = new Map(gone.toSorted((one, other) => one.id - other.id).map(({ id, room_id }) => [room_id, id]))
      yield* Effect.forEach(newestOf, ([room, id]) =>
        Effect.orDie(sql`UPDATE rooms SET events_pruned_to = ${id} WHERE id = ${room} AND events_pruned_to < ${id}`)
      )
      return gone.length
    }),

    close: (roomId) =>
      Effect.zipRight(
        forget(roomId, true),
        Effect.sync(() => {
          for (const { sink } of rooms.get(roomId) ?? []) {
            sink.write(liveFrame({ type: "room_deleted" }))
            sink.end()
          }
        })
      )
  })
})

const liveFrame = (event: LiveEvent) => Sse.frame({ type: event.type, body: Json.stringify(event) })
