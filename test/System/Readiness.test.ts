import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber, Layer, TestClock } from "effect"
import { Closing } from "../../src/Closing.ts"
import { Readiness } from "../../src/System/Readiness.ts"
import { WriteQueue } from "../../src/WriteQueue.ts"
import * as TestDb from "../support/TestDb.ts"

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "parley-" }))

const over = (settings: Readonly<Record<string, string>>) =>
  Readiness.layer.pipe(
    Layer.provideMerge(Closing.layer),
    Layer.provideMerge(TestDb.layer(settings)),
    Layer.provideMerge(NodeContext.layer)
  )

const failing = Effect.flatMap(Readiness, (readiness) => readiness.failing)

describe("readiness", () => {
  it.scoped("looks at the disk at most every five seconds, and then sees what has become of it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const dir = yield* folder
      const test = Effect.gen(function* () {
        deepStrictEqual(yield* failing, [])
        yield* fs.remove(dir, { recursive: true })
        yield* TestClock.adjust("4 seconds")
        deepStrictEqual(yield* failing, [])
        yield* TestClock.adjust("2 seconds")
        deepStrictEqual(yield* failing, ["disk"])
        yield* fs.makeDirectory(dir)
        yield* TestClock.adjust("6 seconds")
        deepStrictEqual(yield* failing, [])
      })
      yield* Effect.provide(test, over({ DATA_DIR: dir }))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("fails at once when the queue is full", () =>
    Effect.gen(function* () {
      const dir = yield* folder
      const test = Effect.gen(function* () {
        const queue = yield* WriteQueue
        const { capacity } = yield* queue.stats
        deepStrictEqual([capacity, yield* failing], [2, []])
        const [begun, gate] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const slow = Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(gate))
        const writes = [yield* Effect.fork(queue.write(slow))]
        yield* Deferred.await(begun)
        for (let n = 0; n < 2; n++) writes.push(yield* Effect.fork(queue.write(Effect.void)))
        yield* Effect.repeat(Effect.zipRight(Effect.yieldNow(), queue.stats), { until: ({ depth }) => depth === 2 })

        deepStrictEqual(yield* failing, ["queue"])

        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.joinAll(writes)
        deepStrictEqual(yield* failing, [])
      })
      yield* Effect.provide(test, over({ DATA_DIR: dir, WRITE_QUEUE_CAPACITY: "2" }))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
