import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Option } from "effect"
import { RemovalRepo } from "../../src/store/RemovalRepo.ts"
import { WriteQueue } from "../../src/store/WriteQueue.ts"
import * as TestDb from "../support/TestDb.ts"

const repo = RemovalRepo.layer.pipe(Layer.provideMerge(TestDb.layer()))

const long = "x".repeat(50_000)
const texts = [long, long, long, ...Array.from({ length: 100 }, () => "short")]

describe("RemovalRepo", () => {
  it.effect("takes few long messages in the time of many short ones, and leaves none", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { find, take } = yield* RemovalRepo
      const { write } = yield* WriteQueue
      yield* sql`
        INSERT INTO rooms (owner_id, name, default_provider, created_at, state)
        VALUES ('admin', 'den', 'x', 'now', 'deleting')`
      const rows = texts.map((content) => ({ room_id: 1, role: "user", content, timestamp: "now" }))
      yield* sql`INSERT INTO messages ${sql.insert(rows)}`
      const room = Option.getOrThrow(yield* find(null))

      const left: Array<number | undefined> = []
      while (yield* write(take(room, 64))) {
        const [row] = yield* sql<{ n: number }>`SELECT count(*) AS n FROM messages`
        left.push(row?.n)
      }

      const [last] = yield* sql<{ n: number }>`SELECT count(*) AS n FROM messages`
      deepStrictEqual([...left, last?.n], [101, 87, 23, 0])
    }).pipe(Effect.provide(repo))
  )
})
