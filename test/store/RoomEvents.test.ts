import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, FastCheck, Fiber, Layer, Option, TestClock } from "effect"
import { Cache } from "../../src/store/Cache.ts"
import type { LiveEvent, Placed } from "../../src/domain/Event.ts"
import { AgentId } from "../../src/domain/Agent.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { TurnId } from "../../src/domain/Round.ts"
import { Timestamp } from "../../src/domain/Time.ts"
import { RoomEvents } from "../../src/store/RoomEvents.ts"
import { Topic } from "../../src/store/Topic.ts"
import { WriteQueue } from "../../src/store/WriteQueue.ts"
import * as TestDb from "../support/TestDb.ts"

const world = RoomEvents.layer.pipe(
  Layer.provideMerge(Cache.layer({ capacity: 100 })),
  Layer.provideMerge(TestDb.layer())
)

const room = RoomId.make(1)
const place = { id: room, owner_id: "admin" }
const text = new TextDecoder()

interface Options {
  readonly roomId?: RoomId
  readonly after?: number
  readonly drained?: Effect.Effect<void>
  readonly greeting?: () => ReadonlyArray<Placed<LiveEvent>>
}

const setup = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const queue = yield* WriteQueue
  const events = yield* RoomEvents
  const create = (name: string) =>
    sql`INSERT INTO rooms (owner_id, name, default_provider, created_at) VALUES ('admin', ${name}, 'x', 'now')`
  yield* Effect.all([create("one"), create("two")])
  const append = (roomId = room, agent_name = "Ada") =>
    queue.write(
      events.append(roomId, { type: "agent_left", agent_id: AgentId.make(1), agent_name, agent_display_name: null })
    )
  const ids = Effect.map(
    sql<{ readonly id: number }>`SELECT id FROM events WHERE room_id = ${room} ORDER BY id`,
    (rows) => rows.map(({ id }) => id)
  )
  /** Follows the room; what was written to the reader is in `frames`. */
  const follow = ({ after, drained = Effect.void, greeting = () => [], roomId = room }: Options = {}) => {
    const frames: Array<string> = []
    let ended = 0
    const sink = {
      write: (frame: Uint8Array) => void frames.push(text.decode(frame)),
      drained,
      end: () => void ended++
    }
    const begun = events.follow({
      topic: Topic.Room({ id: roomId }),
      after: Option.fromNullable(after),
      sink,
      greeting
    })
    const seen = () => frames.flatMap((piece) => [...piece.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)))
    return Effect.as(begun, { frames, seen, ended: () => ended })
  }
  return { sql, queue, events, append, ids, follow }
})

const delta = (offset: number) => {
  const turn = { turn_id: TurnId.make(1), temp_id: "temp_1", agent_id: AgentId.make(1) }
  return { type: "content_delta" as const, room_id: room, ...turn, delta: "x", offset }
}

describe("RoomEvents", () => {
  it.scoped("a reader that comes at any moment, from any position, sees every later event once and in order", () =>
    Effect.gen(function* () {
      const { append, follow, ids } = yield* setup
      const moments = FastCheck.array(
        FastCheck.oneof(
          FastCheck.constant("post" as const),
          FastCheck.constant("pause" as const),
          FastCheck.constant("elsewhere" as const),
          FastCheck.record({ back: FastCheck.option(FastCheck.nat(20)) })
        ),
        { minLength: 5, maxLength: 40 }
      )

      for (const schedule of FastCheck.sample(moments, { numRuns: 60, seed: 7 })) {
        const readers: Array<
          Fiber.Fiber<{ readonly after: number | undefined; readonly seen: () => ReadonlyArray<number> }>
        > = []
        const posts: Array<Fiber.Fiber<unknown, unknown>> = []
        for (const moment of schedule) {
          if (moment === "post") posts.push(yield* Effect.fork(append()))
          else if (moment === "elsewhere") posts.push(yield* Effect.fork(append(RoomId.make(2))))
          else if (moment === "pause") yield* Effect.yieldNow()
          else {
            const known = yield* ids
            const after = moment.back === null ? undefined : (known.at(-1 - moment.back) ?? 0)
            const begun = follow(after === undefined ? {} : { after, drained: Effect.yieldNow() })
            readers.push(yield* Effect.forkScoped(Effect.map(begun, ({ seen }) => ({ after, seen }))))
          }
        }
        yield* Fiber.awaitAll(posts)

        const attached = yield* Effect.forEach(readers, Fiber.join)
        yield* append()
        const log = yield* ids
        for (const { after, seen } of attached) {
          const since = after ?? (seen()[0] ?? 0) - 1
          deepStrictEqual(
            seen(),
            log.filter((id) => id > since)
          )
        }
      }
    }).pipe(Effect.provide(world))
  )

  it.scoped("a position is taken at its word: exactly what is later comes, while more is being said", () =>
    Effect.gen(function* () {
      const { append, follow, ids } = yield* setup
      yield* Effect.repeatN(append(), 9)
      const known = yield* ids

      for (let at = 0; at <= known.length; at++) {
        const after = known[at - 1] ?? 0
        const posts = yield* Effect.fork(Effect.repeatN(append(), 4))
        const { seen } = yield* follow({ after, drained: Effect.yieldNow() })
        yield* Fiber.join(posts)

        deepStrictEqual(
          seen(),
          (yield* ids).filter((id) => id > after)
        )
      }
    }).pipe(Effect.provide(world))
  )

  it.scoped("old events are forgotten a few at a time; who comes back from before them starts anew, others go on", () =>
    Effect.gen(function* () {
      const { append, events, follow, ids, queue, sql } = yield* setup
      yield* Effect.all([append(), append(), append(RoomId.make(2)), append()])
      const [first = 0, second = 0, third = 0] = yield* ids
      yield* sql`UPDATE events SET created_at = iif(id <= ${second}, '2020-01-01', '2030-01-01') || 'T00:00:00.000Z'`
      const prune = queue.write(events.prune(Timestamp.make("2021-01-01T00:00:00.000Z"), 1))

      const gone = [yield* prune, yield* prune, yield* prune]

      deepStrictEqual([gone, yield* ids], [[1, 1, 0], [third]])
      const lost = yield* follow({ after: first })
      assertTrue(lost.frames.some((frame) => frame.includes("event: reset")))
      const known = yield* follow({ after: second })
      deepStrictEqual([known.seen(), known.frames.some((frame) => frame.includes("event: reset"))], [[third], false])
    }).pipe(Effect.provide(world))
  )

  it.scoped("what is said while a slow reader reads a long log is neither lost nor doubled", () =>
    Effect.gen(function* () {
      const { append, follow, ids, sql } = yield* setup
      yield* sql`
        WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 1200)
        INSERT INTO events (room_id, type, body, created_at) SELECT 1, 'old', '{"type":"old"}', 'now' FROM counter`
      let written = 0
      // It gets a page of the log at a time.
      const posting = { at: new Set([1, 3, 5, 6, 7]) }
      const drained = Effect.suspend(() => (posting.at.has(++written) ? Effect.orDie(append()) : Effect.void))

      const { seen } = yield* follow({ after: 0, drained })
      yield* append()

      deepStrictEqual(seen(), yield* ids)
      assertEquals(seen().length, 1200 + posting.at.size + 1)
    }).pipe(Effect.provide(world))
  )

  it.scoped("an event that is committed while the log is read comes once, though the reader is told of it twice", () =>
    Effect.gen(function* () {
      const { append, events, follow, ids, queue, sql } = yield* setup
      yield* sql`
        WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 200)
        INSERT INTO events (room_id, type, body, created_at) SELECT 1, 'old', '{"type":"old"}', 'now' FROM counter`
      const [begun, go] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      const wait = Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(go))
      const slow = queue.write(Effect.zipRight(events.append(room, { type: "messages_cleared" }), wait))
      const release = Effect.zipRight(Effect.repeatN(Effect.yieldNow(), 20), Deferred.succeed(go, undefined))
      // The write holds the database when the reader asks for its second page.
      const meet = Effect.fork(slow).pipe(Effect.zipRight(Deferred.await(begun)), Effect.zipRight(Effect.fork(release)))
      let written = 0
      const drained = Effect.suspend(() => (++written === 1 ? meet : Effect.void))

      const { seen } = yield* follow({ after: 0, drained })
      yield* append()

      deepStrictEqual(seen(), yield* ids)
      assertEquals(seen().length, 202)
    }).pipe(Effect.provide(world))
  )

  it.scoped("the log is read no faster than the reader takes it", () =>
    Effect.gen(function* () {
      const { append, follow } = yield* setup
      yield* Effect.repeatN(append(room, "x".repeat(50_000)), 4)
      const [reached, go] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      let written = 0
      const drained = Effect.suspend(() => {
        written++
        return Effect.zipRight(Deferred.succeed(reached, undefined), Deferred.await(go))
      })

      const reader = yield* Effect.fork(follow({ after: 0, drained }))
      yield* Deferred.await(reached)
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      assertEquals(written, 1)
      yield* Deferred.succeed(go, undefined)

      assertEquals((yield* Fiber.join(reader)).seen().length, 5)
    }).pipe(Effect.provide(world))
  )

  it.scoped("a position from the future is answered with reset, and with everything from there on", () =>
    Effect.gen(function* () {
      const { append, follow, ids } = yield* setup
      yield* append()
      const [newest = 0] = yield* ids

      const { frames, seen } = yield* follow({ after: newest + 1 })
      yield* append()

      deepStrictEqual(frames.slice(0, 2), [":\n\n", `event: reset\ndata: {"type":"reset","after":${newest}}\n\n`])
      deepStrictEqual(seen(), (yield* ids).slice(1))
    }).pipe(Effect.provide(world))
  )

  it.scoped("the greeting is taken at the moment from which live events arrive", () =>
    Effect.gen(function* () {
      const { append, events, follow } = yield* setup
      yield* append()
      const [reached, go] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      const drained = Effect.zipRight(Deferred.succeed(reached, undefined), Deferred.await(go))
      let said = 0
      const say = Effect.sync(() => events.send(place, delta(said++)))

      const reader = yield* Effect.fork(follow({ after: 0, drained, greeting: () => [delta(said)] }))
      yield* Deferred.await(reached)
      yield* Effect.repeatN(say, 2)
      yield* Deferred.succeed(go, undefined)
      const { frames } = yield* Fiber.join(reader)
      yield* Effect.repeatN(say, 1)

      const offsets = frames.flatMap((frame) => /"offset":(\d+)/.exec(frame)?.slice(1) ?? [])
      deepStrictEqual(offsets, ["3", "3", "4"])
    }).pipe(Effect.provide(world))
  )

  it.scoped("a comment comes at once and every 15 seconds, to those who are still there", () =>
    Effect.gen(function* () {
      const { follow } = yield* setup
      const gone = yield* Effect.scoped(follow())
      const { frames } = yield* follow()

      const first = [...frames]
      yield* TestClock.adjust("30 seconds")

      deepStrictEqual([first, frames, gone.frames], [[":\n\n"], [":\n\n", ":\n\n", ":\n\n"], [":\n\n"]])
    }).pipe(Effect.provide(world))
  )

  it.scoped(
    "a room that is closed tells all of its readers and no other's, those who are still reading the log too",
    () =>
      Effect.gen(function* () {
        const { append, events, follow } = yield* setup
        yield* append()
        const other = yield* follow({ roomId: RoomId.make(2) })
        const live = yield* follow()
        const reading = yield* Effect.forkScoped(follow({ after: 0, drained: events.close(place) }))

        const { ended, frames } = yield* Fiber.join(reading)

        deepStrictEqual([live.ended(), ended(), other.ended()], [1, 1, 0])
        for (const found of [live.frames, frames]) {
          assertTrue(found.includes('event: room_deleted\ndata: {"room_id":1,"type":"room_deleted"}\n\n'))
        }
        assertEquals(other.frames.length, 1)
      }).pipe(Effect.provide(world))
  )
})
