import { it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber } from "effect"
import { TurnScheduler } from "../../src/lib/scheduler.ts"

/** A loop whose turns the test begins, and a clock that goes on by a millisecond whenever it is read. */
const loop = () => {
  let time = 0
  const turns: Array<() => void> = []
  const scheduler = new TurnScheduler(
    () => time++,
    (run) => void turns.push(run)
  )
  return { scheduler, turn: () => turns.shift()?.() }
}

it.live("fibers that have much to do give the event loop its turn again and again", () =>
  Effect.gen(function* () {
    let turns = 0
    let isOver = false
    const count = () => {
      turns++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const busy = Effect.repeatN(Effect.yieldNow(), 3000)
    yield* Effect.all(Array.from({ length: 100 }, () => Effect.fork(busy))).pipe(Effect.flatMap(Fiber.joinAll))
    isOver = true
    assertTrue(turns > 3, `${turns} turns`)
  }).pipe(Effect.withScheduler(new TurnScheduler()))
)

it("tasks run in the order of their coming, as many in a turn as there is time for", () => {
  const { scheduler, turn } = loop()
  const done: Array<number> = []
  for (let at = 0; at < 30; at++) scheduler.scheduleTask(() => void done.push(at), 0)
  const counts = Array.from({ length: 5 }, () => {
    turn()
    return done.length
  })

  deepStrictEqual(
    done,
    Array.from({ length: 30 }, (_, at) => at)
  )
  assertTrue(counts[0] !== undefined && counts[0] > 0 && counts[0] < 30, `${counts}`)
})

it("when a connection comes, the turn ends soon, and so does the next", () => {
  const { scheduler, turn } = loop()
  let done = 0
  for (let at = 0; at < 100; at++) scheduler.scheduleTask(() => void done++, 0)
  turn()
  const before = done
  scheduler.hurry()
  turn()
  deepStrictEqual(done - before, 1)
  turn()
  assertTrue(done - before > 2)
})

it("while connections come, what goes on goes on, and nothing begins", () => {
  const { scheduler, turn } = loop()
  const done: Array<string> = []
  scheduler.hurry()
  scheduler.afterConnections(() => void done.push("begins"))
  scheduler.scheduleTask(() => void done.push("goes on"), 0)
  const seen = [true, true, false].map((comes) => {
    turn()
    if (comes) scheduler.hurry()
    return done.join()
  })
  deepStrictEqual(seen, ["goes on", "goes on", "goes on"])
  turn()
  deepStrictEqual(done, ["goes on", "begins"])
})

it("what waits to begin lets connections go first for no more than half a second, turns without one between", () => {
  const { scheduler, turn } = loop()
  let begun = 0
  for (let at = 0; at < 1000; at++) scheduler.scheduleTask(() => void begun++, 1)
  const beside = Array.from({ length: 200 }, (_, at) => {
    const comes = at % 10 < 9
    if (comes) scheduler.hurry()
    const before = begun
    turn()
    return comes ? begun - before : 0
  })
  const [early, late] = [beside.slice(0, 20), beside.slice(-20)].map((turns) => turns.reduce((sum, it) => sum + it, 0))
  deepStrictEqual(early, 0)
  assertTrue(late !== undefined && late > 0)
})

it("of what begins, one in sixteen has its turn while more goes on", () => {
  const { scheduler, turn } = loop()
  const done: Array<string> = []
  for (let at = 0; at < 40; at++) scheduler.scheduleTask(() => void done.push("begins"), 1)
  for (let at = 0; at < 40; at++) scheduler.scheduleTask(() => void done.push("goes on"), 0)
  for (let at = 0; at < 20; at++) turn()
  const first = done.slice(0, 32)
  deepStrictEqual([done.length, first.filter((kind) => kind === "begins").length], [80, 2])
})

it.live("a fiber that is started when time is up waits for a later turn", () =>
  Effect.gen(function* () {
    const scheduler = new TurnScheduler()
    const atOnce = yield* Effect.async<boolean>((resume) => {
      let isSync = true
      scheduler.scheduleTask(() => {}, 0)
      const until = performance.now() + 15
      while (performance.now() < until);
      Effect.runFork(
        Effect.sync(() => resume(Effect.succeed(isSync))),
        { scheduler }
      )
      isSync = false
    })
    assertTrue(!atOnce)
  })
)
