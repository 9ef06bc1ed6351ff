import { type Context, Effect } from "effect"
import { AgentId } from "../../src/domain/Agent.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import * as Db from "../../src/store/Db.ts"
import { Rooms } from "../../src/features/Rooms.ts"
import { Seats } from "../../src/features/Seats.ts"
import { type LiveSettings, Settings } from "../../src/process/Settings.ts"
import * as Cast from "./Cast.ts"
import * as Dice from "./Dice.ts"
import * as Vendor from "./Vendor.ts"
import * as World from "./World.ts"

/** Who sits where at the beginning, by the order of the cast. */
const plans: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>> = [
  [[1, 2], [3]],
  [
    [1, 2, 5, 6],
    [1, 2]
  ],
  [[3, 4, 7, 8], [2, 6], []],
  [[1, 2, 3, 4, 5, 6, 7, 8], [1]]
]

const furnish = (plan: ReadonlyArray<ReadonlyArray<number>>) =>
  Effect.gen(function* () {
    const rooms = yield* Rooms
    const seats = yield* Seats
    for (const [at, agents] of plan.entries()) {
      yield* rooms.create({ name: `room ${at + 1}` })
      for (const agent of agents) yield* seats.join(RoomId.make(at + 1), AgentId.make(agent))
    }
  })

const migrated = Effect.map(Db.Opened, ({ serialize }) => serialize()).pipe(Effect.provide(Db.layerTest), Effect.orDie)

/** Decoded once for all schedules that have the same. */
export const settingsFrom = (() => {
  const known = new Map<string, Context.Context<Settings | LiveSettings>>()
  return (raw: Readonly<Record<string, string>>) => {
    const key = Object.values(raw).join(" ")
    const found = known.get(key)
    if (found !== undefined) return Effect.succeed(found)
    return Effect.context<Settings | LiveSettings>().pipe(
      Effect.provide(Settings.layerFrom(raw)),
      Effect.orDie,
      Effect.tap((settings) => Effect.sync(() => known.set(key, settings)))
    )
  }
})()

/** Images of the disk from which schedules begin; made once, by the server itself. */
export const all = Effect.gen(function* () {
  const empty = yield* migrated
  const settings = yield* settingsFrom({})
  return yield* Effect.forEach(plans, (plan) =>
    Effect.gen(function* () {
      const world = yield* World.start({
        image: empty,
        machine: { seed: 1, now: 0, fitful: false },
        settings,
        vendor: Vendor.make(Dice.make(1), { faults: 0, talk: 0 }),
        cast: Cast.make(),
        listener: { begins: () => {}, acts: () => {}, ends: () => {} },
        failed: () => {},
        committed: () => {}
      })
      yield* world.machine.settle
      const furnishing = world.fork(furnish(plan))
      yield* world.machine.settle
      yield* Effect.flatten(Effect.fromNullable(furnishing.unsafePoll()))
      world.crash("now")
      yield* world.end
      world.disk.close()
      return { image: world.remains() ?? empty, rooms: plan.map((_, at) => at + 1) }
    })
  )
})

export type Houses = Effect.Effect.Success<typeof all>
