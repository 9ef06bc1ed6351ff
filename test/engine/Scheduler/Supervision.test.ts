import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Exit, Layer, Scope, Stream, Supervisor } from "effect"
import { Scheduler } from "../../../src/engine/Scheduler.ts"
import { Providers } from "../../../src/models/Providers.ts"
import { Settings } from "../../../src/process/Settings.ts"
import { afterCommit, WriteQueue } from "../../../src/store/WriteQueue.ts"
import { room } from "../../support/Duo.ts"
import { inVirtualHouse } from "../../support/Hours.ts"
import * as Puppet from "../../support/Puppet.ts"

describe("a scheduler that is closed", () => {
  it.scopedLive("has ended its look around and the rounds that it is about to begin when its layer is closed", () => {
    const puppet = Puppet.make({ act: Puppet.skip })
    return inVirtualHouse(puppet, (pass) =>
      Effect.gen(function* () {
        yield* room({ autonomous: true, autonomous_every: 10 })
        const queue = yield* WriteQueue
        const supervisor = yield* Supervisor.track
        const scope = yield* Scope.make()
        const layer = Layer.fresh(Scheduler.layer).pipe(
          Layer.provide([Layer.orDie(Settings.layerFrom({})), Providers.layerOf(puppet.provider)])
        )
        yield* Effect.supervised(Layer.buildWithScope(layer, scope), supervisor)
        const running = Effect.map(supervisor.value, (fibers) => fibers.length)
        assertEquals(yield* running, 1)
        // The round is to be opened in a write that comes after this one.
        const go = yield* Deferred.make<void>()
        yield* Effect.fork(queue.write(afterCommit(Deferred.await(go))))
        const closed = Effect.gen(function* () {
          yield* pass(13)
          const before = yield* running
          yield* Scope.close(scope, Exit.void)
          return [before, yield* running]
        })

        deepStrictEqual(yield* Effect.ensuring(closed, Deferred.succeed(go, undefined)), [2, 0])
      })
    )
  })

  it.scopedLive("and a house that is closed in the middle of rounds, leave no fiber behind", () =>
    Effect.gen(function* () {
      const supervisor = yield* Supervisor.track
      const house = inVirtualHouse(
        Puppet.make({ act: () => Stream.never }),
        (pass) =>
          Effect.gen(function* () {
            const { say } = yield* room({ autonomous: true, autonomous_every: 10 })
            yield* say("Hello")
            yield* pass(13)
          }),
        { SHUTDOWN_SECONDS: "0" }
      )

      yield* Effect.supervised(house, supervisor)

      deepStrictEqual(yield* supervisor.value, [])
    })
  )
})
