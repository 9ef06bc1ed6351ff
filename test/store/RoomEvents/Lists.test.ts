import { Statement } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, FastCheck, Fiber } from "effect"
import { AgentId } from "../../../src/domain/Agent.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { Topic } from "../../../src/store/Topic.ts"
import { ann, type Options, setup, world } from "../../support/ManyRooms.ts"

describe("The events of many rooms", () => {
  it.scopedLive(
    "a reader that comes at any moment, from any position, hears its rooms whole and in order, and no other",
    () =>
      Effect.gen(function* () {
        const { append, create, follow, log } = yield* setup
        const [mine, too, other] = yield* Effect.all([create("ann"), create("ann"), create("bob")])
        const owned: ReadonlySet<number> = new Set([mine.id, too.id])
        const moment = FastCheck.oneof(
          FastCheck.constantFrom(mine.id, too.id, other.id),
          FastCheck.constant("pause" as const),
          FastCheck.record({ all: FastCheck.boolean(), back: FastCheck.option(FastCheck.nat(20)) })
        )

        for (const schedule of FastCheck.sample(FastCheck.array(moment, { minLength: 5, maxLength: 40 }), {
          numRuns: 40,
          seed: 5
        })) {
          const posts: Array<Fiber.Fiber<unknown, unknown>> = []
          const begun = []
          for (const one of schedule) {
            if (one === "pause") yield* Effect.yieldNow()
            else if (typeof one === "number") posts.push(yield* Effect.fork(append(one)))
            else {
              const known = yield* log
              const after = one.back === null ? undefined : (known.at(-1 - one.back)?.id ?? 0)
              const options = after === undefined ? {} : { after, drained: Effect.yieldNow() }
              const reader = follow({ ...options, topic: one.all ? Topic.All() : ann })
              const isMeant = (id: number) => one.all || owned.has(id)
              begun.push(yield* Effect.forkScoped(Effect.map(reader, ({ seen }) => ({ after, isMeant, seen }))))
            }
          }
          yield* Fiber.awaitAll(posts)

          const readers = yield* Effect.forEach(begun, Fiber.join)
          yield* append(other.id)
          yield* append(mine.id)
          const whole = yield* log
          for (const { after, isMeant, seen } of readers) {
            const since = after ?? (seen()[0] ?? 0) - 1
            deepStrictEqual(
              seen(),
              whole.flatMap(({ id, room_id }) => (id > since && isMeant(room_id) ? [id] : []))
            )
          }
        }
      }).pipe(Effect.provide(world))
  )

  it.scopedLive("rooms that are made appear, those that are deleted are told of, and the stream goes on", () =>
    Effect.gen(function* () {
      const { append, create, follow, remove } = yield* setup
      const old = yield* create("ann")
      const { ended, heard } = yield* follow()

      const made = yield* create("ann")
      const foreign = yield* create("bob")
      yield* Effect.forEach([made.id, foreign.id], append)
      yield* remove(old.id)
      yield* remove(foreign.id)
      yield* append(made.id)

      deepStrictEqual(heard(), [
        ["rooms", [old.id], false],
        ["room_created", made.id],
        ["messages_cleared", made.id],
        ["room_deleted", old.id],
        ["messages_cleared", made.id]
      ])
      assertEquals(ended(), false)
    }).pipe(Effect.provide(world))
  )

  it.scopedLive("nothing of a room comes after it was told gone, though the reader was still reading the log", () =>
    Effect.gen(function* () {
      const { append, create, events, follow, queue, remove } = yield* setup
      const [gone, stays] = yield* Effect.all([create("ann"), create("ann")])
      // Two of them are more than is written at a time.
      const long = {
        type: "agent_left" as const,
        agent_id: AgentId.make(1),
        agent_name: "x".repeat(50_000),
        agent_display_name: null
      }
      yield* Effect.forEach([gone.id, stays.id, gone.id, stays.id], (id) => queue.write(events.append(id, long)))
      let written = 0
      // The first is the list, the second the first event.
      const drained = Effect.suspend(() =>
        ++written === 2
          ? Effect.orDie(Effect.zipRight(append(gone.id), Effect.zipRight(remove(gone.id), append(stays.id))))
          : Effect.void
      )

      const { heard } = yield* follow({ after: 0, drained })

      deepStrictEqual(heard(), [
        ["rooms", [gone.id, stays.id], false],
        ["agent_left", gone.id],
        ["room_deleted", gone.id],
        ["agent_left", stays.id],
        ["agent_left", stays.id],
        ["messages_cleared", stays.id]
      ])
    }).pipe(Effect.provide(world))
  )

  it.scopedLive("many rooms are named in parts, and none that goes meanwhile in a later one", () =>
    Effect.gen(function* () {
      const { follow, remove, sql } = yield* setup
      yield* sql`
        WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 2500)
        INSERT INTO rooms (owner_id, name, default_provider, created_at)
        SELECT iif(n % 5 = 0, 'bob', 'ann'), 'room ' || n, 'x', '2026-01-01T00:00:00.000Z' FROM counter`
      let written = 0
      const drained = Effect.suspend(() => (++written === 1 ? Effect.orDie(remove(RoomId.make(2499))) : Effect.void))

      const { heard } = yield* follow({ drained })

      const lists = heard().filter(([type]) => type === "rooms")
      deepStrictEqual(
        lists.map(([, ids, more]) => [ids.length, more]),
        [
          [1000, true],
          [999, false]
        ]
      )
      const named = lists.flatMap(([, ids]) => ids)
      assertTrue(named.every((id) => id % 5 !== 0 && id !== 2499))
    }).pipe(Effect.provide(world))
  )

  it.scopedLive(
    "a room that goes while the list is on its way from the database is not named after it was told gone",
    () =>
      Effect.gen(function* () {
        let going: Effect.Effect<unknown> | null = null
        const slow = Statement.setTransformer((statement, sql) => {
          const [text, params] = statement.compile()
          if (going === null || !text.startsWith("SELECT id FROM rooms")) return Effect.succeed(statement)
          const meanwhile = going
          going = null
          // What the database has read already.
          return Effect.orDie(sql.unsafe<{ readonly id: number }>(text, params)).pipe(
            Effect.zipLeft(meanwhile),
            Effect.map((rows) => sql`SELECT value AS id FROM json_each(${JSON.stringify(rows.map(({ id }) => id))})`)
          )
        })
        const { create, follow, remove } = yield* setup
        const [gone, stays] = yield* Effect.all([create("ann"), create("ann")])
        going = Effect.orDie(remove(gone.id))

        const { heard } = yield* Effect.provide(follow(), slow)

        deepStrictEqual(heard(), [
          ["room_deleted", gone.id],
          ["rooms", [stays.id], false]
        ])
      }).pipe(Effect.provide(world))
  )

  it.scopedLive("an event is encoded once for all who get it", () =>
    Effect.gen(function* () {
      const { append, create, events, follow } = yield* setup
      const room = yield* create("ann")
      const readers = yield* Effect.forEach([ann, ann, Topic.All(), Topic.Room({ id: room.id })], (topic) =>
        follow({ topic })
      )

      yield* append(room.id)
      events.send(room, { type: "room_deleted" })

      for (const back of [-1, -2]) {
        const [first, ...others] = readers.map(({ frames }) => frames.at(back))
        assertTrue(first !== undefined && others.every((frame) => frame === first))
      }
    }).pipe(Effect.provide(world))
  )

  it.scopedLive("a position is lost when one of the rooms has forgotten what came after it, and only then", () =>
    Effect.gen(function* () {
      const { append, create, follow, log, sql } = yield* setup
      const [mine, other] = yield* Effect.all([create("ann"), create("bob")])
      yield* Effect.forEach([mine.id, mine.id, other.id], append)
      const [first, second] = yield* log
      yield* sql`UPDATE rooms SET events_pruned_to = ${second?.id ?? 0} WHERE id = ${other.id}`
      const isReset = (options: Options) =>
        Effect.map(follow(options), ({ heard }) => heard().some(([type]) => type === "reset"))
      const after = first?.id ?? 0

      const resets = yield* Effect.all([
        isReset({ after }),
        isReset({ after, topic: Topic.All() }),
        isReset({ after: second?.id ?? 0, topic: Topic.All() }),
        isReset({ after: 9999 })
      ])

      deepStrictEqual(resets, [false, true, false, true])
    }).pipe(Effect.provide(world))
  )
})
