import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Exit, Fiber, Layer, Runtime, Scope } from "effect"
import { WriteRefused } from "../../src/domain/Error.ts"
import type { Unwritten } from "../../src/domain/Storage.ts"
import { Closing } from "../../src/process/Closing.ts"
import { afterCommit, WriteQueue } from "../../src/store/WriteQueue.ts"
import { counted } from "../support/metrics.ts"
import { settle } from "../support/settle.ts"
import * as TestDb from "../support/TestDb.ts"

const setup = Effect.gen(function* () {
  const queue = yield* WriteQueue
  const sql = yield* SqlClient.SqlClient
  const insert = (name: string) =>
    Effect.asVoid(Effect.orDie(sql`INSERT INTO agents (name, system_prompt, created_at) VALUES (${name}, '', 'now')`))
  const names = Effect.map(sql`SELECT name FROM agents ORDER BY id`, (rows) => rows.map((row) => row["name"]))
  return { queue, insert, names }
})

describe("WriteQueue", () => {
  it.effect("a failing write rolls back alone, and only its caller hears of it", () =>
    Effect.gen(function* () {
      const { insert, names, queue } = yield* setup

      const exits = yield* Effect.all(
        [
          queue.write(insert("a")),
          queue.write(Effect.zipRight(insert("b"), Effect.fail("no"))),
          queue.write(insert("a")),
          queue.write(insert("c"))
        ].map(Effect.exit),
        { concurrency: "unbounded" }
      )

      deepStrictEqual(exits.map(Exit.isSuccess), [true, false, false, true])
      deepStrictEqual(yield* names, ["a", "c"])
    }).pipe(Effect.provide(TestDb.layer()))
  )

  it.effect("what follows a commit has happened when the writer is answered, and never follows a failed write", () =>
    Effect.gen(function* () {
      const { insert, names, queue } = yield* setup
      const seen: Array<unknown> = []
      const look = Effect.map(Effect.orDie(names), (found) => void seen.push(found))

      yield* queue.write(Effect.zipRight(afterCommit(look), insert("a")))
      yield* Effect.exit(queue.write(Effect.zipRight(afterCommit(look), Effect.fail("no"))))

      deepStrictEqual(seen, [["a"]])
    }).pipe(Effect.provide(TestDb.layer()))
  )

  it.effect("nobody is answered before what follows the commit is over, however long that takes", () =>
    Effect.gen(function* () {
      const { insert, queue } = yield* setup
      const began = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const slow = Effect.zipRight(Deferred.succeed(began, undefined), Deferred.await(go))

      const writer = yield* Effect.fork(queue.write(Effect.zipRight(afterCommit(slow), insert("a"))))
      yield* Deferred.await(began)
      yield* settle
      assertTrue(writer.unsafePoll() === null)
      yield* Deferred.succeed(go, undefined)

      yield* Fiber.join(writer)
    }).pipe(Effect.provide(TestDb.layer()))
  )

  it.effect("writes that one turn of the event loop brings, each by itself, share a commit", () =>
    Effect.gen(function* () {
      const { insert, names, queue } = yield* setup
      const fork = Runtime.runFork(yield* Effect.runtime())
      const commits = counted("parley_write_batch_size")
      const before = yield* commits

      const fibers = yield* Effect.async<ReadonlyArray<Fiber.Fiber<void, Unwritten>>>((resume) => {
        const started: Array<Fiber.Fiber<void, Unwritten>> = []
        for (const name of ["a", "b", "c", "d"]) {
          setImmediate(() => {
            started.push(fork(queue.write(insert(name))))
            if (started.length === 4) resume(Effect.succeed(started))
          })
        }
      })
      yield* Fiber.joinAll(fibers)

      deepStrictEqual(yield* names, ["a", "b", "c", "d"])
      assertEquals((yield* commits) - before, 1)
    }).pipe(Effect.provide(TestDb.layer()))
  )

  it.effect("an interrupted caller's accepted write is carried out", () =>
    Effect.gen(function* () {
      const { insert, names, queue } = yield* setup
      const started = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()

      const slow = Deferred.succeed(started, undefined).pipe(
        Effect.zipRight(Deferred.await(go)),
        Effect.zipRight(insert("a"))
      )
      const caller = yield* Effect.fork(queue.write(slow))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(caller)
      yield* Deferred.succeed(go, undefined)
      yield* queue.write(insert("b"))

      deepStrictEqual(yield* names, ["a", "b"])
    }).pipe(Effect.provide(TestDb.layer()))
  )

  it.effect("refuses beyond its bound, and executes nothing of what it refused", () =>
    Effect.gen(function* () {
      const { insert, names, queue } = yield* setup
      const before = yield* counted("parley_writes_refused_total", { reason: "full" })
      const started = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const held = yield* Effect.fork(
        queue.write(Effect.zipRight(Deferred.succeed(started, undefined), Deferred.await(go)))
      )
      yield* Deferred.await(started)

      const waiting = yield* Effect.forEach(["a", "b"], (name) => Effect.fork(queue.write(insert(name))))
      yield* Effect.yieldNow()
      const refused = yield* Effect.flip(queue.write(insert("c")))
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(Fiber.all([held, ...waiting]))

      assertEquals(refused, WriteRefused.of("full"))
      assertEquals((yield* counted("parley_writes_refused_total", { reason: "full" })) - before, 1)
      deepStrictEqual(yield* names, ["a", "b"])
    }).pipe(Effect.provide(TestDb.layer({ WRITE_QUEUE_CAPACITY: "2" })))
  )

  it.scoped("closing finishes what was accepted and refuses what comes later", () =>
    Effect.gen(function* () {
      const { insert, names } = yield* setup
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(Layer.provide(Layer.fresh(WriteQueue.layer), Closing.layer), scope)
      const queue = yield* Effect.provide(WriteQueue, context)

      const accepted = yield* Effect.forEach(["a", "b", "c"], (name) => Effect.forkScoped(queue.write(insert(name))))
      yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)

      deepStrictEqual(yield* names, ["a", "b", "c"])
      assertTrue((yield* Fiber.join(Fiber.all(accepted))).length === 3)
      const before = yield* counted("parley_writes_refused_total", { reason: "closing" })
      assertEquals(yield* Effect.flip(queue.write(insert("d"))), WriteRefused.of("closing"))
      assertEquals((yield* counted("parley_writes_refused_total", { reason: "closing" })) - before, 1)
      deepStrictEqual(yield* names, ["a", "b", "c"])
    }).pipe(Effect.provide(TestDb.layer()))
  )
})
