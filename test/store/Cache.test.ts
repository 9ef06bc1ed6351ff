import { describe, it } from "@effect/vitest"
import { assertEquals, assertFalse, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Arbitrary, Deferred, Effect, Exit, FastCheck, Fiber, Schema } from "effect"
import { Cache } from "../../src/store/Cache.ts"
import { operations } from "../support/operations.ts"
import { settle } from "../support/settle.ts"

const key = (group: string, name = "row") => ({ group, name })

const setup = (capacity = 100) =>
  Effect.gen(function* () {
    const cache = yield* Cache
    const rows = cache.region<string, string>()
    const loads: Array<string> = []
    const read = (group: string, name = "row") =>
      rows.get(
        key(group, name),
        Effect.sync(() => (loads.push(`${group}/${name}`), `${group}/${name}`))
      )
    return { cache, loads, read, rows }
  }).pipe(Effect.provide(Cache.layer({ capacity })))

const Room = Schema.Literal(0, 1, 2)
const Command = Schema.Union(
  Schema.Struct({ verb: Schema.Literal("read", "commit", "acknowledge"), room: Room }),
  Schema.Struct({ verb: Schema.Literal("advance", "interrupt"), nth: Schema.Int.pipe(Schema.between(0, 9)) })
)
const commands = FastCheck.array(Arbitrary.make(Command), { maxLength: 40, size: "medium" })

/** Readers and writers of three rooms. Each load pauses before it looks and again before it fills. */
const play = (commands: ReadonlyArray<typeof Command.Type>) =>
  Effect.gen(function* () {
    const cache = yield* Cache
    const rows = cache.region<number>()
    const committed = { 0: 0, 1: 0, 2: 0 }
    const acknowledged = { 0: 0, 1: 0, 2: 0 }
    const epoch = { 0: 0, 1: 0, 2: 0 }
    const loading = new Set<string>()
    const paused: Array<Deferred.Deferred<void>> = []
    const readers: Array<{ readonly fiber: Fiber.RuntimeFiber<number>; readonly floor: number; gone: boolean }> = []

    const pause = Effect.flatMap(Deferred.make<void>(), (gate) => {
      paused.push(gate)
      return Effect.onInterrupt(Deferred.await(gate), () => Effect.sync(() => paused.splice(paused.indexOf(gate), 1)))
    })

    const load = (room: typeof Room.Type) =>
      Effect.suspend(() => {
        const flight = `${room} since ${epoch[room]}`
        assertFalse(loading.has(flight), `two loads of ${flight}`)
        loading.add(flight)
        return pause.pipe(
          Effect.map(() => committed[room]),
          Effect.zipLeft(pause),
          Effect.ensuring(Effect.sync(() => loading.delete(flight)))
        )
      })

    const advance = (nth: number) =>
      Effect.suspend(() => {
        const [gate] = paused.splice(nth % Math.max(1, paused.length), 1)
        return gate === undefined ? Effect.void : Deferred.succeed(gate, undefined)
      })

    const obey = Effect.fnUntraced(function* (command: typeof Command.Type) {
      switch (command.verb) {
        case "read": {
          const floor = acknowledged[command.room]
          const fiber = yield* Effect.fork(rows.get(key(`room:${command.room}`), load(command.room)))
          readers.push({ fiber, floor, gone: false })
          return
        }
        case "commit":
          committed[command.room]++
          return
        case "acknowledge":
          yield* cache.invalidate(`room:${command.room}`)
          acknowledged[command.room] = committed[command.room]
          epoch[command.room]++
          return
        case "advance":
          return yield* advance(command.nth)
        case "interrupt": {
          const reader = readers.at(-1 - command.nth)
          if (reader === undefined) return
          reader.gone = true
          yield* Fiber.interruptFork(reader.fiber)
        }
      }
    })

    yield* Effect.forEach(commands, (command) => Effect.zipRight(obey(command), settle))
    while (paused.length > 0) yield* Effect.zipRight(advance(0), settle)

    for (const { fiber, floor, gone } of readers) {
      const exit = yield* Effect.flatten(fiber.poll)
      if (Exit.isSuccess(exit)) assertTrue(exit.value >= floor, `read ${exit.value} after ${floor} was acknowledged`)
      else assertTrue(gone, "a reader was interrupted with another")
    }
  }).pipe(Effect.provide(Cache.layer({ capacity: 2 })))

describe("Cache", () => {
  it.effect("loads once and then answers from memory", () =>
    Effect.gen(function* () {
      const { cache, loads, read } = yield* setup()

      yield* read("room:1")
      assertEquals(yield* read("room:1"), "room:1/row")

      deepStrictEqual(loads, ["room:1/row"])
      deepStrictEqual(yield* cache.stats, {
        hits: 1,
        misses: 1,
        refusedFills: 0,
        evictions: 0,
        invalidations: 0,
        entries: 1,
        entriesOf: { room: 1 }
      })
    })
  )

  it.effect("gives one load to all who ask for a key at once", () =>
    Effect.gen(function* () {
      const { cache, rows } = yield* setup()
      const gate = yield* Deferred.make<string>()
      const readers = yield* Effect.forkAll(
        Array.from({ length: 5 }, () => rows.get(key("room:1"), Deferred.await(gate)))
      )
      yield* settle

      yield* Deferred.succeed(gate, "row")

      deepStrictEqual(yield* Fiber.join(readers), ["row", "row", "row", "row", "row"])
      const { hits, misses } = yield* cache.stats
      deepStrictEqual([hits, misses], [4, 1])
    })
  )

  it.effect("a waiting reader takes over the load of one that was interrupted", () =>
    Effect.gen(function* () {
      const { cache, rows } = yield* setup()
      const gate = yield* Deferred.make<string>()
      const read = rows.get(key("room:1"), Deferred.await(gate))
      const first = yield* Effect.fork(read)
      const others = yield* Effect.forkAll([read, read])
      yield* settle

      yield* Fiber.interrupt(first)
      yield* settle
      yield* Deferred.succeed(gate, "row")

      deepStrictEqual(yield* Fiber.join(others), ["row", "row"])
      assertEquals((yield* cache.stats).misses, 2)
    })
  )

  it.effect("an interrupted reader leaves the load to the one who leads it", () =>
    Effect.gen(function* () {
      const { rows } = yield* setup()
      const gate = yield* Deferred.make<string>()
      const first = yield* Effect.fork(rows.get(key("room:1"), Deferred.await(gate)))
      yield* settle
      const second = yield* Effect.fork(rows.get(key("room:1"), Effect.dieMessage("never run")))
      yield* settle

      yield* Fiber.interrupt(second)
      yield* Deferred.succeed(gate, "row")

      assertEquals(yield* Fiber.join(first), "row")
    })
  )

  it.effect("a failed load fails all who waited and is not kept", () =>
    Effect.gen(function* () {
      const { cache, read, rows } = yield* setup()
      const gate = yield* Deferred.make<string, string>()
      const readers = yield* Effect.forkAll(
        Array.from({ length: 3 }, () => Effect.flip(rows.get(key("room:1"), Deferred.await(gate))))
      )
      yield* settle

      yield* Deferred.fail(gate, "gone")

      deepStrictEqual(yield* Fiber.join(readers), ["gone", "gone", "gone"])
      assertEquals((yield* cache.stats).entries, 0)
      assertEquals(yield* read("room:1"), "room:1/row")
    })
  )

  it.effect("a full cache gives up the value whose last read is longest ago, whatever its group or region", () =>
    Effect.gen(function* () {
      const { cache, loads, read } = yield* setup(3)
      const counts = cache.region<number>()
      yield* read("room:1")
      yield* counts.get(key("room:1"), Effect.succeed(7))
      yield* read("room:2")
      yield* read("room:1")

      yield* read("room:3")

      yield* Effect.forEach(["room:1", "room:2", "room:3"], (group) => read(group))
      assertEquals(yield* counts.get(key("room:1"), Effect.succeed(8)), 8)
      deepStrictEqual(loads, ["room:1/row", "room:2/row", "room:3/row"])
      const { entries, evictions } = yield* cache.stats
      deepStrictEqual([entries, evictions], [3, 2])
    })
  )

  it.effect("a look at what is present is a read, and gives nothing of a load under way or what is forgotten", () =>
    Effect.gen(function* () {
      const { cache, loads, read, rows } = yield* setup(2)
      const gate = yield* Deferred.make<string>()
      const loading = yield* Effect.fork(rows.get(key("room:0"), Deferred.await(gate)))
      yield* settle
      const present = (...names: ReadonlyArray<string>) => names.map((name) => rows.getIfPresent(key(name)))
      deepStrictEqual(present("room:0"), [undefined])
      yield* Fiber.interrupt(loading)
      yield* Effect.all([read("room:1"), read("room:2")])
      deepStrictEqual(present("room:1"), ["room:1/row"])
      yield* read("room:3")
      deepStrictEqual(present("room:2"), [undefined])
      yield* cache.invalidate("room:1")
      deepStrictEqual(present("room:1", "room:3"), [undefined, "room:3/row"])
      const { hits, misses } = yield* cache.stats
      deepStrictEqual([hits, misses, loads.length], [2, 4, 3])
    })
  )

  it.effect("invalidating room 1 forgets all of it in every region, and nothing of room 10", () =>
    Effect.gen(function* () {
      const { cache, loads, read } = yield* setup()
      const counts = cache.region<number>()
      const count = (group: string, value: number) => counts.get(key(group), Effect.succeed(value))
      yield* Effect.all([
        read("room:1", "row"),
        read("room:1", "page"),
        read("room:10"),
        count("room:1", 1),
        count("room:10", 1)
      ])

      yield* cache.invalidate("room:1")

      assertEquals((yield* cache.stats).entries, 2)
      yield* Effect.all([read("room:1", "row"), read("room:1", "page"), read("room:10")])
      deepStrictEqual(loads, ["room:1/row", "room:1/page", "room:10/row", "room:1/row", "room:1/page"])
      deepStrictEqual(yield* Effect.all([count("room:1", 2), count("room:10", 2)]), [2, 1])
    })
  )

  it.effect("answers a load that an invalidation overtook, and keeps nothing of it", () =>
    Effect.gen(function* () {
      const { cache, rows } = yield* setup()
      const gate = yield* Deferred.make<string>()
      const early = yield* Effect.fork(rows.get(key("room:1"), Deferred.await(gate)))
      yield* settle

      yield* cache.invalidate("room:1")
      yield* Deferred.succeed(gate, "old")

      assertEquals(yield* Fiber.join(early), "old")
      assertEquals(yield* rows.get(key("room:1"), Effect.succeed("new")), "new")
      const { entries, refusedFills } = yield* cache.stats
      deepStrictEqual([entries, refusedFills], [1, 1])
    })
  )

  it.effect.prop(
    "no read that starts after an acknowledged write sees an older version",
    [commands],
    ([commands]) => play(commands),
    { fastCheck: { numRuns: 300 } }
  )

  it.effect("invalidating a group costs the same beside a thousand keys and beside a hundred thousand", () =>
    Effect.gen(function* () {
      const { cache, rows } = yield* setup(200_000)
      const labels = Array.from({ length: 1000 }, (_, label) => `${label}`)
      const row = Effect.succeed("row")
      const fill = (groups: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          for (const group of groups) for (const name of labels) yield* rows.get(key(group, name), row)
        })
      const cost = Effect.gen(function* () {
        for (const name of labels.slice(0, 10)) yield* rows.get(key("room", name), row)
        return yield* operations(cache.invalidate("room"))
      })

      yield* fill(["other"])
      const few = yield* cost
      yield* fill(labels.slice(0, 100))
      const many = yield* cost

      assertEquals((yield* cache.stats).entries, 101_000)
      assertTrue(few >= 10)
      assertEquals(many, few)
    })
  )
})
