import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber, TestClock } from "effect"
import { PoolBusy } from "../../../src/domain/Pool.ts"
import type { Priority } from "../../../src/domain/Provider.ts"
import { type Client, seat } from "../../support/Clients.ts"
import * as Pool from "../../support/Pool.ts"
import { settle } from "../../support/settle.ts"

describe("SdkPool, when it is full,", () => {
  it.scoped("gives the place of the client idle for longest away", () =>
    Effect.gen(function* () {
      const { log, pool, touch } = yield* Pool.make()

      yield* Effect.forEach(["a", "b", "a", "c"], (name) => touch(name))

      deepStrictEqual(log, ["+a1", "+b2", "-b2", "+c3"])
      const { alive, closed, evicted, opened } = yield* pool.stats("process")
      deepStrictEqual({ alive, closed, evicted, opened }, { alive: 2, closed: 1, evicted: 1, opened: 3 })
    })
  )

  it.scoped("gives no place away before its client is closed", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { alive, log, touch } = yield* Pool.make({ capacity: 1 }, { closing: () => Deferred.await(gate) })
      yield* touch("a")

      const next = yield* Effect.fork(touch("b"))
      yield* settle
      assertEquals(alive().length, 1)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(next)

      deepStrictEqual(log, ["+a1", "-a1", "+b2"])
    })
  )

  it.scoped("gives no place on before the client that failed in it is closed", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { alive, hold, log, touch } = yield* Pool.make({ capacity: 1 }, { closing: () => Deferred.await(gate) })
      const held = yield* hold("a")
      const next = yield* Effect.fork(touch("b"))
      yield* settle

      const returned = yield* Effect.fork(held.fail)
      yield* settle
      assertEquals(alive().length, 1)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(returned)
      yield* Fiber.join(next)

      deepStrictEqual(log, ["+a1", "-a1", "+b2"])
    })
  )

  it.scoped("serves persons before agents, however long these have waited", () =>
    Effect.gen(function* () {
      const { hold, lease, log } = yield* Pool.make({ capacity: 1 })
      const held = yield* hold("a")
      const ask = (name: string, priority: Priority) =>
        Effect.zipLeft(Effect.fork(Effect.scoped(lease(name, {}, priority))), settle)
      const waiting = [yield* ask("b", "agents"), yield* ask("c", "person")]
      yield* held.end
      yield* Fiber.joinAll(waiting)

      deepStrictEqual(log, ["+a1", "-a1", "+c2", "-c2", "+b3"])
    })
  )

  it.scoped("lets borrowers wait while every client is leased, and serves them in turn", () =>
    Effect.gen(function* () {
      const { hold, log, pool, touch } = yield* Pool.make()
      const first = yield* hold("a")
      const second = yield* hold("b")
      const waiting = yield* Effect.forEach(["c", "d", "a"], (name) => Effect.fork(touch(name)))
      yield* settle
      assertEquals((yield* pool.stats("process")).waiting, 3)

      yield* first.end
      yield* Fiber.joinAll(waiting)
      yield* second.end

      deepStrictEqual(log, ["+a1", "+b2", "-a1", "+c3", "-c3", "+d4", "-d4", "+a5"])
    })
  )

  it.scoped("who waits for a seat in use holds nobody else up", () =>
    Effect.gen(function* () {
      const { hold, log, touch } = yield* Pool.make()
      const first = yield* hold("a")
      const waiting = yield* Effect.fork(touch("a"))
      yield* settle

      yield* touch("b")
      yield* first.end
      yield* Fiber.join(waiting)

      deepStrictEqual(log, ["+a1", "+b2"])
    })
  )

  it.scoped("turns away at once when as many wait as may", () =>
    Effect.gen(function* () {
      const { hold, touch } = yield* Pool.make({ maxWaiting: 1 })
      yield* hold("a", "b")
      yield* Effect.fork(touch("c"))
      yield* settle

      assertEquals(yield* Effect.flip(touch("d")), new PoolBusy({ waiting: 2, waitedMs: 0 }))
    })
  )

  it.scoped("lets nobody wait longer than set", () =>
    Effect.gen(function* () {
      const { hold, pool, touch } = yield* Pool.make()
      yield* hold("a", "b")
      const waiting = yield* Effect.fork(Effect.flip(touch("c")))
      yield* settle

      yield* TestClock.adjust(4999)
      assertEquals((yield* pool.stats("process")).waiting, 1)
      yield* TestClock.adjust(1)

      assertEquals(yield* Fiber.join(waiting), new PoolBusy({ waiting: 1, waitedMs: 5000 }))
      assertEquals((yield* pool.stats("process")).waiting, 0)
    })
  )

  it.scoped("forgets a borrower that gave up, also in the moment when its place came", () =>
    Effect.gen(function* () {
      const { hold, log, pool, touch } = yield* Pool.make({ capacity: 1 })
      const held = yield* hold("a")
      const waiting = yield* Effect.fork(touch("b"))
      yield* settle

      yield* Effect.zipRight(held.end, Fiber.interrupt(waiting))
      yield* touch("a")

      deepStrictEqual(log, ["+a1"])
      assertEquals((yield* pool.stats("process")).waiting, 0)
    })
  )
})

describe("SdkPool", () => {
  it.scoped("a seat has one client: its second borrower waits for the first", () =>
    Effect.gen(function* () {
      const { hold, log, pool, touch } = yield* Pool.make()
      const first = yield* hold("a")
      const second = yield* Effect.fork(touch("a", { model: "m2" }))
      yield* settle
      deepStrictEqual(yield* pool.leases, [seat("a")])
      deepStrictEqual(log, ["+a1"])

      yield* first.end
      yield* Fiber.join(second)

      deepStrictEqual(log, ["+a1", "-a1", "+a2"])
    })
  )

  it.scoped("a seat's client is lent to no other seat, however alike the two", () =>
    Effect.gen(function* () {
      const { log, touch } = yield* Pool.make({ capacity: 1 })

      yield* touch("a")
      yield* touch("a", { seat: seat("b") })

      deepStrictEqual(log, ["+a1", "-a1", "+a2"])
    })
  )

  it.scoped("an empty place is taken before an idle client is closed for it", () =>
    Effect.gen(function* () {
      const { log, pool, touch } = yield* Pool.make()
      yield* Effect.forEach(["a", "b"], (name) => touch(name))
      yield* pool.evict(({ key }) => key === seat("b").key)

      yield* touch("c")

      deepStrictEqual(log, ["+a1", "+b2", "-b2", "+c3"])
    })
  )

  it.scoped("a seat whose client is being closed for another waits for the end of that", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const closing = ({ id }: Client) => (id === 1 ? Deferred.await(gate) : Effect.void)
      const { alive, log, touch } = yield* Pool.make({}, { closing })
      yield* Effect.forEach(["a", "b"], (name) => touch(name))

      const others = yield* Effect.forEach(["c", "a"], (name) => Effect.fork(touch(name)))
      yield* settle
      deepStrictEqual(
        alive().map(({ id }) => id),
        [1, 2]
      )
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.joinAll(others)

      deepStrictEqual(log, ["+a1", "+b2", "-a1", "+c3", "-b2", "+a4"])
    })
  )
})
