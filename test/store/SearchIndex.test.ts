import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { type Clock, Effect, Layer, TestClock } from "effect"
import { SearchIndex } from "../../src/store/SearchIndex.ts"
import * as TestDb from "../support/TestDb.ts"

const index = SearchIndex.layer.pipe(Layer.provideMerge(TestDb.layer()))

const setup = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO rooms (owner_id, name, default_provider, created_at) VALUES ('admin', 'den', 'x', 'now')`
  const say = (...texts: ReadonlyArray<string>) =>
    sql`INSERT INTO messages ${sql.insert(texts.map((content) => ({ room_id: 1, role: "user", content, timestamp: "now" })))}`
  const idsOf = (rows: ReadonlyArray<{ readonly id: number }>) => rows.map(({ id }) => id)
  const holding = (word: string) =>
    Effect.map(
      sql<{ id: number }>`SELECT rowid AS id FROM messages_search WHERE content MATCH ${word} ORDER BY id`,
      idsOf
    )
  /** SQLite's own look at the index beside the messages; fails where they differ. */
  const check = sql`INSERT INTO messages_search (messages_search, rank) VALUES ('integrity-check', 1)`
  return { ...(yield* Effect.map(SearchIndex, ({ complete }) => ({ complete }))), sql, say, holding, check }
})

/** A clock on which each look takes so many milliseconds of work. */
const working = (ms: number) =>
  Effect.map(Effect.clock, (clock): Clock.Clock => {
    let now = 0n
    const currentTimeNanos = Effect.sync(() => (now += BigInt(ms) * 1_000_000n))
    return Object.create(clock, { currentTimeNanos: { value: currentTimeNanos } })
  })

describe("SearchIndex", () => {
  it.effect("has nothing of a message at once, and all when it is asked for", () =>
    Effect.gen(function* () {
      const { complete, holding, say } = yield* setup
      yield* say("a brass clock", "a wooden clock")

      const before = yield* holding("clock")
      yield* complete

      deepStrictEqual([before, yield* holding("clock")], [[], [1, 2]])
    }).pipe(Effect.provide(index))
  )

  it.effect("takes in by itself, soon, what nobody looks for", () =>
    Effect.gen(function* () {
      const { holding, say } = yield* setup
      yield* say("a brass clock")

      yield* TestClock.adjust("10 seconds")

      deepStrictEqual(yield* holding("clock"), [1])
    }).pipe(Effect.provide(index))
  )

  it.effect("takes in many slices what are many messages", () =>
    Effect.gen(function* () {
      const { complete, holding, say } = yield* setup
      yield* say(...Array.from({ length: 1000 }, (_, at) => `clock number ${at}`))

      const fiber = yield* Effect.fork(complete)
      yield* TestClock.adjust("1 second")
      yield* fiber

      deepStrictEqual((yield* holding("clock")).length, 1000)
    }).pipe(Effect.provide(index))
  )

  it.effect("takes in few long messages at a time", () =>
    Effect.gen(function* () {
      const { complete, holding, say, sql } = yield* setup
      yield* sql`CREATE TABLE slices (last INTEGER)`
      yield* sql`
        CREATE TRIGGER sliced AFTER UPDATE ON search_progress BEGIN
          INSERT INTO slices VALUES (new.indexed_to); END`
      yield* say(
        `clock ${"tick ".repeat(20_000)}`,
        ...Array.from({ length: 30 }, () => `clock ${"tock ".repeat(2000)}`)
      )

      const fiber = yield* Effect.fork(complete)
      yield* TestClock.adjust("1 second")
      yield* fiber

      const slices = yield* sql<{ last: number }>`SELECT last FROM slices ORDER BY last`
      deepStrictEqual(
        slices.slice(0, 2).map(({ last }) => last),
        [1, 7]
      )
      deepStrictEqual((yield* holding("clock")).length, 31)
    }).pipe(Effect.provide(index))
  )

  it.effect("lets who asks wait five seconds, where there is more than that to take in", () =>
    Effect.gen(function* () {
      const { complete, holding, say } = yield* setup
      yield* say(...Array.from({ length: 1000 }, (_, at) => `clock number ${at}`))

      const fiber = yield* Effect.fork(Effect.withClock(complete, yield* working(1000)))
      yield* TestClock.adjust("4999 millis")
      const before = fiber.unsafePoll()
      yield* TestClock.adjust("1 millis")
      yield* fiber

      const taken = (yield* holding("clock")).length
      assertTrue(before === null && taken > 0 && taken < 1000, `${taken} messages`)
    }).pipe(Effect.provide(index))
  )

  it.effect("does not keep who asks for what is said meanwhile", () =>
    Effect.gen(function* () {
      const { complete, holding, say } = yield* setup
      const some = (word: string) => Array.from({ length: 350 }, (_, at) => `${word} number ${at}`)
      yield* say(...some("clock"))

      const fiber = yield* Effect.fork(Effect.withClock(complete, yield* working(1)))
      yield* TestClock.adjust(0)
      const before = [fiber.unsafePoll(), (yield* holding("clock")).length < 350]
      for (const word of ["bell", "gong", "horn"]) yield* say(...some(word))
      yield* TestClock.adjust("4 millis")
      yield* fiber

      deepStrictEqual(before, [null, true])
      deepStrictEqual([(yield* holding("clock")).length, (yield* holding("horn")).length < 350], [350, true])
    }).pipe(Effect.provide(index))
  )

  it.effect("stays whole when messages go, or are reworded, before and after it has them", () =>
    Effect.gen(function* () {
      const { check, complete, holding, say, sql } = yield* setup
      yield* say("clock one", "clock two", "clock three")
      yield* complete
      yield* say("clock four", "clock five", "clock six")

      yield* sql`DELETE FROM messages WHERE id IN (1, 4)`
      yield* sql`UPDATE messages SET content = 'a bell' WHERE id IN (2, 5)`
      yield* complete
      yield* check

      deepStrictEqual(
        [yield* holding("clock"), yield* holding("bell")],
        [
          [3, 6],
          [2, 5]
        ]
      )
    }).pipe(Effect.provide(index))
  )
})
