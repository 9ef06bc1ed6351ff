import { Context, Effect, Layer, Option, Schedule, type Scope } from "effect"
import { Cache } from "./Cache.ts"
import type { DurableEvent, LiveEvent, Placed } from "../domain/Event.ts"
import type { RoomRow } from "../domain/Room.ts"
import type { RoomId } from "../domain/RoomId.ts"
import * as Time from "../domain/Time.ts"
import * as Json from "../lib/json.ts"
import { held } from "../lib/scopes.ts"
import * as Sse from "../lib/sse.ts"
import * as Log from "./RoomEvents/Log.ts"
import * as Pages from "./RoomEvents/Pages.ts"
import { keyOf, keysOf, type Place, type Topic } from "./Topic.ts"
import { afterCommit, Commit, within } from "./WriteQueue.ts"

/**
 * Where a reader's frames go, one or more in a piece. `write` must not block: a reader that cannot keep up is the
 * sink's to drop.
 */
export interface Sink {
  readonly write: (frames: Uint8Array, count: number) => void
  /** Waits until the reader can take more: for what is read from the log, which has time. */
  readonly drained: Effect.Effect<void>
  /** Called once when the room is gone that was followed alone. */
  readonly end: () => void
}

export class RoomEvents extends Context.Tag("parley/store/RoomEvents")<
  RoomEvents,
  {
    /**
     * Adds to the room's log in the write under way, unless the room is hidden. Every change of a room is an event, so
     * once it is committed nothing cached of the room is read again, and then its readers get it.
     */
    readonly append: (roomId: RoomId, event: DurableEvent) => Effect.Effect<void, never, Commit>
    /**
     * The write under way hides the room: once it is committed nothing remembered of it is read, or written to readers.
     */
    readonly forget: (place: Place) => Effect.Effect<void, never, Commit>
    /** Reaches the readers of the moment, in the order of the calls; never waits for one. */
    readonly send: (place: Place, event: LiveEvent) => void
    /**
     * Follows a room, or many, until the scope closes. With a position, every later event of the log comes first; a
     * position that the log does not know gives `reset`, and so does an event that cannot be read. Of many, the reader
     * is told first which they are. `greeting` is taken at the moment from which live events arrive.
     */
    readonly follow: (options: {
      readonly topic: Topic
      readonly after: Option.Option<number>
      readonly sink: Sink
      readonly greeting: () => ReadonlyArray<Placed<LiveEvent>>
    }) => Effect.Effect<void, never, Scope.Scope>
    /**
     * Forgets those of the `limit` oldest events that are older than a time; gives how many. Who comes back from before
     * them gets `reset`.
     */
    readonly prune: (before: Time.Timestamp, limit: number) => Effect.Effect<number, never, Commit>
    /** Tells who follows all rooms of the one that is made in the write under way. */
    readonly open: (room: RoomRow) => Effect.Effect<void, never, Commit>
    /** Tells the readers that the room is gone, and lets those go who follow it alone. */
    readonly close: (place: Place) => Effect.Effect<void>
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

/** Which events change what is cached of the room itself; all of them change what was said in it. */
const changesRoom: Readonly<Record<DurableEvent["type"], boolean>> = {
  room_updated: true,
  agent_joined: true,
  agent_left: true,
  new_message: false,
  messages_cleared: false,
  round_started: false,
  round_ended: false,
  stream_end: false,
  new_critique: false
}

/** What came while a reader was still reading the log. */
interface Meanwhile {
  readonly missed: Array<Log.Logged>
  /** Rooms that were closed: of them it hears no more. */
  readonly gone: Set<RoomId>
}

interface Reader {
  readonly topic: Topic
  readonly sink: Sink
  /** Null once it is live. */
  meanwhile: Meanwhile | null
  /** The last event that it has from the log, or cannot have; the log may hold it before it is published. */
  seen: number
}

const mostMissed = 500
const mostOwners = 10_000

const make = Effect.gen(function* () {
  const log = yield* Log.make
  const pages = yield* Pages.make(log)
  const cache = yield* Cache
  const readers = new Map<string, Set<Reader>>()
  /** Never changes. Of committed rooms only: an id that is rolled back is given to another. */
  const owners = new Map<RoomId, string>()

  const forget = (roomId: RoomId, room: boolean) =>
    room ? cache.invalidate(logGroup(roomId), roomGroup(roomId)) : cache.invalidate(logGroup(roomId))

  /** Everyone who follows the room, alone or among others. */
  function* readersOf(place: Place) {
    for (const key of keysOf(place)) yield* readers.get(key) ?? []
  }

  const ownerOf = (id: RoomId) => {
    const known = owners.get(id)
    return known === undefined ? log.owner(id) : Effect.succeed(known)
  }

  const keepOwner = ({ id, owner_id }: Place) => {
    if (owners.size >= mostOwners) owners.clear()
    owners.set(id, owner_id)
  }

  const publish = (place: Place, event: Log.Logged) =>
    Effect.sync(() => {
      keepOwner(place)
      const frame = Pages.logFrame(event)
      for (const reader of readersOf(place)) {
        if (reader.meanwhile !== null) reader.meanwhile.missed.push(event)
        else if (event.id > reader.seen) reader.sink.write(frame, 1)
      }
    })

  const attach = (key: string, reader: Reader) =>
    held(
      Effect.sync(() => readers.set(key, (readers.get(key) ?? new Set()).add(reader))),
      () => {
        const others = readers.get(key)
        if (others?.delete(reader) && others.size === 0) readers.delete(key)
      }
    )

  /** Who is still reading the log hears no more of the room. */
  const hush = (place: Place) =>
    Effect.sync(() => {
      for (const { meanwhile } of readersOf(place)) meanwhile?.gone.add(place.id)
    })

  const write = Effect.fnUntraced(function* ({ gone }: Meanwhile, sink: Sink, { pieces }: Pages.Page) {
    for (const piece of pieces) {
      const { bytes, count } = piece(gone)
      if (count > 0) sink.write(bytes, count)
      yield* sink.drained
    }
  })

  const tellRooms = Effect.fn("RoomEvents.tellRooms")(function* (meanwhile: Meanwhile, { sink, topic }: Reader) {
    let after = 0
    while (true) {
      const page = yield* pages.rooms(topic, after)
      yield* write(meanwhile, sink, page)
      if (!page.isFull) return
      after = page.last
    }
  })

  // What is published before a page is read is found in the log, and need not be kept aside.
  const catchUp = Effect.fn("RoomEvents.catchUp")(function* (
    meanwhile: Meanwhile,
    { sink, topic }: Reader,
    position: number
  ) {
    let after = position
    while (true) {
      meanwhile.missed.length = 0
      const page = yield* pages.events(topic, after)
      yield* write(meanwhile, sink, page)
      after = page.last
      if (!page.isFull && meanwhile.missed.length < mostMissed) return after
    }
  })

  /** Gives the last event that the reader has, or cannot have. */
  const resume = Effect.fnUntraced(function* (meanwhile: Meanwhile, reader: Reader, position: number) {
    const { newest, prunedTo } = yield* pages.ends(reader.topic)
    if (position >= prunedTo && position <= newest) return yield* catchUp(meanwhile, reader, position)
    reader.sink.write(Pages.noticeFrame({ type: "reset", after: newest }), 1)
    return newest
  })

  yield* Effect.sync(() => {
    for (const group of readers.values()) for (const { sink } of group) sink.write(Sse.heartbeat, 1)
  }).pipe(Effect.schedule(Schedule.spaced("15 seconds")), Effect.forkScoped)

  return RoomEvents.of({
    append: (room_id, event) =>
      Effect.flatMap(Commit, (commit) => {
        const { type } = event
        const body = Json.stringify(event)
        return Effect.flatMap(log.insert({ room_id, type, body, created_at: commit.now() }), (id) =>
          Option.isNone(id)
            ? Effect.void
            : Effect.map(ownerOf(room_id), (owner_id) => {
                const told = publish({ id: room_id, owner_id }, { id: id.value, room_id, type, body })
                commit.after(Effect.zipRight(forget(room_id, changesRoom[type]), told))
              })
        )
      }),

    forget: (place) => afterCommit(Effect.zipRight(forget(place.id, true), hush(place))),

    send: (place, event) => {
      let frame: Uint8Array | undefined
      for (const { meanwhile, sink } of readersOf(place)) {
        if (meanwhile === null) sink.write((frame ??= liveFrame({ room_id: place.id, ...event })), 1)
      }
    },

    follow: Effect.fn("RoomEvents.follow")(function* ({ after, greeting, sink, topic }) {
      const meanwhile: Meanwhile = { missed: [], gone: new Set() }
      const reader: Reader = { topic, sink, meanwhile, seen: 0 }
      yield* attach(keyOf(topic), reader)
      sink.write(Sse.heartbeat, 1)
      if (topic._tag !== "Room") yield* tellRooms(meanwhile, reader)
      // Without a position everything since the attachment is new.
      if (Option.isSome(after)) reader.seen = yield* resume(meanwhile, reader, after.value)
      yield* Effect.sync(() => {
        for (const event of meanwhile.missed)
          if (event.id > reader.seen && !meanwhile.gone.has(event.room_id)) sink.write(Pages.logFrame(event), 1)
        reader.meanwhile = null
        for (const event of greeting()) sink.write(liveFrame(event), 1)
      })
    }),

    prune: (before, limit) => within(log.prune(before, limit)),

    open: (room) =>
      afterCommit(
        Effect.sync(() => {
          keepOwner(room)
          const frame = liveFrame({ room_id: room.id, type: "room_created", room })
          for (const { sink } of readersOf(room)) sink.write(frame, 1)
        })
      ),

    close: (place) =>
      Effect.zipRight(
        forget(place.id, true),
        Effect.sync(() => {
          const frame = liveFrame({ room_id: place.id, type: "room_deleted" })
          for (const { meanwhile, sink, topic } of readersOf(place)) {
            sink.write(frame, 1)
            meanwhile?.gone.add(place.id)
            if (topic._tag === "Room") sink.end()
          }
        })
      )
  })
})

const liveFrame = (event: Placed<LiveEvent>) => Sse.frame({ type: event.type, body: Json.stringify(event) })
