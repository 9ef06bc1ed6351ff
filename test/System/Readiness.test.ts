import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, TestClock } from "effect"
import { Closing } from "../../src/Closing.ts"
import { Readiness } from "../../src/System/Readiness.ts"
import { WriteQueue } from "../../src/WriteQueue.ts"
import { inHouse, room } from "../support/Duo.ts"
import * as Puppet from "../support/Puppet.ts"
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
        const last = yield* Effect.fork(Effect.forEach([1, 2], () => queue.write(Effect.void), { concurrency: 2 }))
        yield* Effect.yieldNow()
        deepStrictEqual(yield* failing, ["queue"])
        yield* last
        deepStrictEqual(yield* failing, [])
      })
      yield* Effect.provide(test, over({ DATA_DIR: dir, WRITE_QUEUE_CAPACITY: "2" }))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is told by a route that answers 503 while the server closes, when it is alive still", () =>
    inHouse(
      Puppet.make({ act: Puppet.skip }),
      Effect.gen(function* () {
        const { client } = yield* room()
        const get = (path: string) => client.json("GET", path)
        const before = yield* get("/ready")
        deepStrictEqual([before.status, before.data], [200, { status: "ready" }])

        yield* Effect.flatMap(Closing, ({ begin }) => begin)

        const { data, status } = yield* get("/ready")
        deepStrictEqual([status, data._tag, data.failing], [503, "NotReady", ["closing"]])
        assertEquals(data.detail, "The server is not ready: it is closing")
        assertEquals((yield* get("/health")).status, 200)
        deepStrictEqual((yield* get("/admin/status")).data.failing, ["closing"])
      })
    )
  )
})
