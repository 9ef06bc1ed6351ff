import { FileSystem } from "@effect/platform"
import { SystemError } from "@effect/platform/Error"
import { NodeFileSystem } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Scope, TestClock } from "effect"
import { Closing } from "../../../src/process/Closing.ts"
import { Readiness } from "../../../src/features/Operations/Readiness.ts"
import { WriteQueue } from "../../../src/store/WriteQueue.ts"
import * as TestDb from "../../support/TestDb.ts"

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "parley-" }))

const failing = Effect.flatMap(Readiness, (readiness) => readiness.failing)

const inFolder = <A, E>(
  test: (dir: string) => Effect.Effect<A, E, Readiness | WriteQueue | SqlClient.SqlClient | FileSystem.FileSystem>,
  settings: Readonly<Record<string, string>> = {},
  system: Layer.Layer<FileSystem.FileSystem> = NodeFileSystem.layer
) =>
  Effect.flatMap(folder, (dir) => {
    const house = Layer.provideMerge(Closing.layer, TestDb.layer({ DATA_DIR: dir, ...settings }))
    return Effect.provide(test(dir), Layer.provideMerge(Readiness.layer, Layer.merge(house, system)))
  }).pipe(Effect.provide(NodeFileSystem.layer))

const refused = new SystemError({ module: "FileSystem", method: "access", reason: "PermissionDenied" })
const readOnly = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs) => ({
    ...fs,
    access: (_, asked) => (asked?.writable === true ? Effect.fail(refused) : Effect.void)
  }))
).pipe(Layer.provide(NodeFileSystem.layer))

describe("readiness", () => {
  it.scoped("looks at the disk at most every five seconds, and then sees what has become of it", () =>
    inFolder((dir) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
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
    )
  )

  it.scoped("fails when the folder of the data may not be written", () =>
    inFolder(() => Effect.map(failing, (parts) => deepStrictEqual(parts, ["disk"])), {}, readOnly)
  )

  it.scoped.skipIf(process.platform !== "linux")("fails when the disk is full, needs a Linux /proc", () =>
    inFolder(() => Effect.map(failing, (parts) => deepStrictEqual(parts, ["disk"])), { DATA_DIR: "/proc" })
  )

  it.scoped("fails when the database is not what it was", () =>
    inFolder(() =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`DROP TABLE effect_sql_migrations`
        deepStrictEqual(yield* failing, ["database"])
      })
    )
  )

  it.scoped("waits two seconds at most for a database that does not answer", () =>
    inFolder(() =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql.reserve
        const asked = yield* Effect.fork(failing)
        yield* TestClock.adjust("1900 millis")
        deepStrictEqual(yield* Fiber.poll(asked), Option.none())
        yield* TestClock.adjust("100 millis")
        deepStrictEqual(yield* Fiber.join(asked), ["database"])
      }).pipe(Effect.scoped)
    )
  )

  it.scoped("fails at once when the queue is full", () =>
    inFolder(
      () =>
        Effect.gen(function* () {
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
        }),
      { WRITE_QUEUE_CAPACITY: "2" }
    )
  )

  it.scoped("fails when the queue takes no more", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const queue = yield* Layer.buildWithScope(Layer.provide(WriteQueue.layer, Closing.layer), scope)
      const readiness = Readiness.layer.pipe(Layer.provide(Layer.succeedContext(queue)), Layer.provide(Closing.layer))
      yield* Effect.gen(function* () {
        deepStrictEqual(yield* failing, [])
        yield* Scope.close(scope, Exit.void)
        deepStrictEqual(yield* failing, ["queue"])
      }).pipe(Effect.provide(readiness))
    }).pipe(
      Effect.provide(
        Layer.unwrapScoped(Effect.map(folder, (dir) => TestDb.layer({ DATA_DIR: dir }))).pipe(
          Layer.provideMerge(NodeFileSystem.layer)
        )
      )
    )
  )
})
