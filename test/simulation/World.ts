import { NodeContext } from "@effect/platform-node"
import {
  type Context,
  Cause,
  Effect,
  Exit,
  type Fiber,
  FiberRef,
  HashSet,
  Layer,
  Logger,
  LogLevel,
  Random,
  Runtime,
  Scope
} from "effect"
import { Closing } from "../../src/process/Closing.ts"
import { Recovery } from "../../src/engine/Recovery.ts"
import * as Parley from "../../src/Parley.ts"
import { Providers } from "../../src/models/Providers.ts"
import { PathLocks } from "../../src/personas/PathLocks.ts"
import type { LiveSettings, Settings } from "../../src/process/Settings.ts"
import { CurrentUser, type User } from "../../src/domain/User.ts"
import type * as Cast from "./Cast.ts"
import * as Disk from "./Disk.ts"
import * as Machine from "./Machine.ts"
import type { Listener, Vendor } from "./Vendor.ts"

export interface WorldOptions {
  readonly image: Uint8Array
  readonly machine: Machine.MachineOptions
  readonly settings: Context.Context<Settings | LiveSettings>
  readonly vendor: Vendor
  readonly cast: ReturnType<typeof Cast.make>
  readonly listener: Omit<Listener, "counts">
  /** A server that logs an error tells of a bug. */
  readonly failed: (message: string) => void
  readonly committed: (disk: Disk.Disk, tables: ReadonlySet<string>) => void
}

/** When the power fails: after so many tasks or commits, of which the last one may be lost. */
export interface Fuse {
  readonly at: "task" | "before commit" | "after commit"
  readonly left: number
}

export type Engine = Layer.Layer.Success<typeof Parley.withoutDoors>

const admin: User = { role: "admin", user_id: "admin" }
const longest = 120_000

/** One server on an image of the disk, until it is stopped in good order or all at once. */
export const start = Effect.fnUntraced(function* (options: WorldOptions) {
  const machine = Machine.make(options.machine)
  let alive = true
  let fuse: { readonly at: Fuse["at"]; left: number } | null = null
  let remains: Uint8Array | null = null

  /** Nothing that happens from now on counts. */
  const die = () => {
    if (!alive) return
    alive = false
    machine.power("off")
    remains = disk.image()
  }
  const burn = (at: Fuse["at"]) => {
    if (alive && fuse?.at === at && fuse.left-- === 0) die()
  }
  const disk: Disk.Disk = Disk.make(options.image, {
    committing: () => burn("before commit"),
    committed: (tables) => {
      if (!alive) return
      options.committed(disk, tables)
      burn("after commit")
    }
  })
  const vendor = options.vendor.provider({ ...options.listener, counts: () => alive })

  const logger = Logger.make<unknown, void>(({ cause, logLevel, message }) => {
    if (alive && LogLevel.greaterThanEqual(logLevel, LogLevel.Error))
      options.failed(`${message} ${Cause.pretty(cause)}`)
  })
  const layer = Recovery.layerGoingOn.pipe(
    Layer.provideMerge(Parley.withoutDoors),
    Layer.provide(Providers.layerOf(vendor.service)),
    Layer.provide(Layer.merge(options.cast.layer, PathLocks.layer)),
    Layer.provide(disk.layer),
    Layer.provide(NodeContext.layer),
    Layer.provide(Layer.succeedContext(options.settings))
  )
  const scope = yield* Scope.make()
  const building = Layer.toRuntime(layer).pipe(
    Scope.extend(scope),
    Effect.supervised(machine.census),
    Effect.locally(FiberRef.currentLoggers, HashSet.make(logger)),
    Effect.withClock(machine.clock),
    Effect.withRandom(Random.make(options.machine.seed)),
    Effect.withTracerEnabled(false)
  )
  const { scheduler } = machine
  const built = Effect.runFork(building, { scheduler })

  const visitors = new Set<Fiber.RuntimeFiber<unknown, unknown>>()

  const runtime = () => {
    const exit = built.unsafePoll()
    return exit !== null && Exit.isSuccess(exit) ? exit.value : null
  }

  const fork = <A, E>(effect: Effect.Effect<A, E, Engine | CurrentUser>) => {
    const engine = runtime()
    if (engine === null) throw new Error("the server is not up")
    const fiber = Runtime.runFork(engine)(Effect.provideService(effect, CurrentUser, admin), { scheduler })
    visitors.add(fiber)
    return fiber
  }

  /** Ends all that still runs; gives how many fibers there are that do not end. */
  const end = Effect.gen(function* () {
    machine.power("on")
    const engine = runtime()
    if (engine !== null)
      Runtime.runFork(engine)(
        Effect.flatMap(Closing, ({ begin }) => begin),
        { scheduler }
      )
    const closing = Effect.runFork(Effect.withClock(Scope.close(scope, Exit.void), machine.clock), { scheduler })
    yield* machine.settle
    for (let waited = 0; closing.unsafePoll() === null && waited < longest; waited += 500) yield* machine.advance(500)
    for (const visitor of visitors) visitor.unsafeInterruptAsFork(visitor.id())
    yield* machine.advance(longest)
    return machine.census.living.size + (closing.unsafePoll() === null ? 1 : 0)
  })

  return {
    machine,
    disk,
    /** The seats for which the vendor holds a session. */
    sessions: vendor.open,
    built,
    fork,
    alive: () => alive,
    crash: (when: Fuse | "now") => {
      if (when === "now") die()
      else if (when.at === "task") machine.lay(when.left, die)
      else fuse = { ...when }
    },
    /** What a crash has left. */
    remains: () => remains,
    end
  }
})

export type World = Effect.Effect.Success<ReturnType<typeof start>>
