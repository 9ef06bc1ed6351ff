import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber } from "effect"
import { Crashed } from "../../../src/domain/ProviderError.ts"
import type { Client } from "../../support/Clients.ts"
import * as Pool from "../../support/Pool.ts"
import { settle } from "../../support/settle.ts"

describe("SdkPool, asked to prepare a client,", () => {
  it.scoped("opens it before it is needed, and lends it", () =>
    Effect.gen(function* () {
      const { log, pool, prepare, touch } = yield* Pool.make()

      yield* prepare("a")
      yield* settle
      assertEquals((yield* pool.stats("process")).idle, 1)
      yield* touch("a")

      deepStrictEqual(log, ["+a1"])
    })
  )

  it.scoped("lets who needs it meanwhile wait for it", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { log, prepare, touch } = yield* Pool.make({}, { opening: () => Deferred.await(gate) })
      yield* prepare("a")
      const borrower = yield* Effect.fork(touch("a"))
      yield* settle
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(borrower)

      deepStrictEqual(log, ["+a1"])
    })
  )

  it.scoped("closes no other for it, and does not when there is too little memory", () =>
    Effect.gen(function* () {
      const full = yield* Pool.make()
      yield* Effect.forEach(["a", "b"], (name) => full.touch(name))
      yield* full.prepare("c")
      const short = yield* Pool.make({ isRoomy: () => false })
      yield* short.prepare("a")
      yield* settle

      deepStrictEqual([full.log, short.log], [["+a1", "+b2"], []])
    })
  )

  it.scoped("leaves one that cannot be opened to whoever needs it", () =>
    Effect.gen(function* () {
      const opening = ({ id }: Client) => (id === 1 ? new Crashed({ reason: "gone" }) : Effect.void)
      const { log, pool, prepare, touch } = yield* Pool.make({}, { opening })

      yield* prepare("a")
      yield* settle
      assertEquals((yield* pool.stats("process")).alive, 0)
      yield* touch("a")

      deepStrictEqual(log, ["+a2"])
    })
  )

  it.scoped("closes one that is evicted while it opens", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { log, pool, prepare } = yield* Pool.make({}, { opening: () => Deferred.await(gate) })
      yield* prepare("a")
      yield* settle
      yield* pool.evict(() => true)
      yield* Deferred.succeed(gate, undefined)
      yield* settle

      deepStrictEqual(log, ["+a1", "-a1"])
    })
  )
})
