import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import Database from "better-sqlite3"
import { Array, Effect, Either, Exit, Fiber, Layer } from "effect"
import * as Db from "../../../src/store/Db.ts"
import { Settings } from "../../../src/process/Settings.ts"
import { Closing } from "../../../src/process/Closing.ts"
import { WriteQueue } from "../../../src/store/WriteQueue.ts"
import * as SteppedClock from "../../support/SteppedClock.ts"

const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** The queue over a file, and another process's way to that file. */
const setup = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const settings = Layer.orDie(Settings.layerFrom({ DATA_DIR: folder }))
  const layer = WriteQueue.layer.pipe(
    Layer.provide(Closing.layer),
    Layer.provideMerge(Db.layer),
    Layer.provide(settings)
  )
  const { advance, clock } = SteppedClock.make()
  const context = yield* Effect.withClock(Layer.build(layer), clock)
  const { queue, sql } = yield* Effect.provide(Effect.all({ queue: WriteQueue, sql: SqlClient.SqlClient }), context)
  const insert = (name: string, prompt = "") =>
    Effect.asVoid(
      Effect.orDie(sql`INSERT INTO agents (name, system_prompt, created_at) VALUES (${name}, ${prompt}, 'now')`)
    )
  const write = (name: string, prompt?: string) =>
    Effect.fork(Effect.withClock(Effect.either(queue.write(insert(name, prompt))), clock))
  const other = yield* Effect.acquireRelease(
    Effect.sync(() => new Database(`${folder}/parley.db`, { timeout: 0 })),
    (db) => Effect.sync(() => db.close())
  )
  const names = Effect.map(sql`SELECT name FROM agents ORDER BY id`, (rows) => rows.map((row) => row["name"]))
  /** In steps of 50 ms, each with a turn of the event loop for the queue. */
  const pass = (ms: number) => Effect.repeatN(Effect.zipRight(turn, advance(50)), ms / 50 - 1)
  return { queue, sql, insert, write, other, names, pass }
})

const outcomes = (fibers: ReadonlyArray<Fiber.RuntimeFiber<Either.Either<void, unknown>>>) =>
  Effect.map(Fiber.joinAll(fibers), (answers) =>
    answers.map(Either.match({ onLeft: (error) => Reflect.get(Object(error), "reason") ?? error, onRight: () => "ok" }))
  )

const polled = (fibers: ReadonlyArray<Fiber.RuntimeFiber<unknown>>) =>
  Effect.map(Effect.forEach(fibers, Fiber.poll), (polls) => polls.map(({ _tag }) => _tag))

describe("WriteQueue over a file", () => {
  it.scoped("whoever comes while another process has the lock is refused after its own second and a half", () =>
    Effect.gen(function* () {
      const { names, other, pass, write } = yield* setup
      other.exec("BEGIN IMMEDIATE")

      const early = yield* Effect.forEach(Array.range(1, 50), (n) => write(`early ${n}`))
      yield* pass(1000)
      const late = yield* write("late")
      yield* pass(400)
      deepStrictEqual(new Set(yield* polled(early)), new Set(["None"]))
      // Readers do not wait.
      deepStrictEqual(yield* names, [])
      yield* pass(200)

      deepStrictEqual(new Set(yield* outcomes(early)), new Set(["locked"]))
      deepStrictEqual(yield* polled([late]), ["None"])
      yield* pass(1000)
      deepStrictEqual(yield* outcomes([late]), ["locked"])
      other.exec("ROLLBACK")
      const next = yield* write("next")
      yield* pass(50)
      deepStrictEqual([yield* outcomes([next]), yield* names], [["ok"], ["next"]])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("writes that waited for another process are committed in their order once it is done", () =>
    Effect.gen(function* () {
      const { names, other, pass, queue, write } = yield* setup
      other.exec("BEGIN IMMEDIATE")

      const first = yield* Effect.forEach(["a", "b"], (name) => write(name))
      yield* pass(200)
      const second = yield* Effect.forEach(["c", "d"], (name) => write(name))
      yield* pass(200)
      deepStrictEqual((yield* queue.stats).depth, 4)
      deepStrictEqual((yield* queue.trouble)._tag, "Some")
      other.exec("COMMIT")
      yield* pass(100)

      deepStrictEqual(yield* outcomes([...first, ...second]), ["ok", "ok", "ok", "ok"])
      deepStrictEqual([yield* names, (yield* queue.trouble)._tag], [["a", "b", "c", "d"], "None"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("on a full disk the write that does not fit is refused alone, and the queue goes on", () =>
    Effect.gen(function* () {
      const { names, pass, sql, write } = yield* setup
      const [pages] = yield* sql`PRAGMA page_count`
      yield* sql.unsafe(`PRAGMA max_page_count = ${Number(pages?.["page_count"]) + 4}`)

      const small = yield* write("small")
      const large = yield* write("large", "x".repeat(100_000))
      const other = yield* write("other")
      yield* pass(50)
      const answers = yield* Fiber.joinAll([small, large, other])

      deepStrictEqual(answers.map(Either.match({ onLeft: (error) => error._tag, onRight: () => "ok" })), [
        "ok",
        "StorageFull",
        "ok"
      ])
      deepStrictEqual(yield* names, ["small", "other"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("what a bug of ours breaks stays a defect, and is not tried again", () =>
    Effect.gen(function* () {
      const { queue, sql } = yield* setup
      let runs = 0
      const broken = Effect.zipRight(
        Effect.sync(() => void runs++),
        Effect.orDie(sql`INSERT INTO nowhere (x) VALUES (1)`)
      )

      const exit = yield* Effect.exit(queue.write(broken))

      assertTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
      deepStrictEqual(runs, 1)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
