import { Clock, Duration, Effect, type Exit, type Fiber, type Scheduler, Supervisor, Utils } from "effect"
import { nextTurn } from "../../src/lib/turns.ts"

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

type Living = Fiber.RuntimeFiber<unknown, unknown>

/** Knows every fiber that was begun and has not ended. */
class Census extends Supervisor.AbstractSupervisor<ReadonlySet<Living>> {
  readonly living = new Set<Living>()
  override value = Effect.sync(() => this.living)
  override onStart(_context: unknown, _effect: unknown, _parent: unknown, fiber: Living) {
    this.living.add(fiber)
  }
  override onEnd(_exit: Exit.Exit<unknown, unknown>, fiber: Living) {
    this.living.delete(fiber)
  }
}

export interface MachineOptions {
  readonly seed: number
  readonly now: number
  /** Whether a fiber may have to let the others run at any step; else it does so after 2048, as in Node. */
  readonly fitful: boolean
}

/** Runs the fibers of one server, one at a time and only when told to, on a time of its own. */
export const make = ({ fitful, now: start, seed }: MachineOptions) => {
  const lots = new Utils.PCGRandom(seed)
  // Who waits longest runs first, always: Effect's own concurrent loops rely on it.
  const tasks: Array<() => void> = []
  const sleepers = new Set<Sleeper>()
  const census = new Census()
  let now = start
  const power = { on: true }
  let fuse: { left: number; readonly blow: () => void } | null = null

  let breath = lots.integer(150)
  const isOut = () => {
    if (breath-- > 0) return false
    breath = 20 + lots.integer(300)
    return true
  }

  const scheduler: Scheduler.Scheduler = {
    shouldYield: ({ currentOpCount }) => (currentOpCount > 2048 || (fitful && isOut()) ? 0 : false),
    scheduleTask: (task) => void tasks.push(task)
  }

  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(now) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(() => BigInt(now) * 1_000_000n),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        // Whole milliseconds, as Node has them.
        const ms = Math.ceil(Duration.toMillis(duration))
        const sleeper = { until: now + ms, wake: () => resume(Effect.void) }
        sleepers.add(sleeper)
        return Effect.sync(() => sleepers.delete(sleeper))
      })
  }

  /** Runs up to so many tasks of those that wait. */
  const run = (most: number) => {
    for (let n = 0; n < most && power.on && tasks.length > 0; n++) {
      if (fuse !== null && fuse.left-- === 0) return fuse.blow()
      tasks.shift()?.()
    }
  }

  /** Runs all that can run in this moment; the write queue waits for the next turn of the event loop. */
  const settle = Effect.gen(function* () {
    do {
      run(Number.POSITIVE_INFINITY)
      yield* nextTurn
    } while (power.on && tasks.length > 0)
  })

  const advance = Effect.fnUntraced(function* (ms: number) {
    const end = now + ms
    while (power.on) {
      yield* settle
      let next: Sleeper | undefined
      for (const sleeper of sleepers) if (next === undefined || sleeper.until < next.until) next = sleeper
      if (!power.on || next === undefined || next.until > end) break
      now = next.until
      sleepers.delete(next)
      next.wake()
    }
    if (power.on) now = end
  })

  return {
    advance,
    census,
    clock,
    /** Power off, in the middle of whatever it was doing; `on` lets the rest come to an end. */
    power: (state: "off" | "on") => void (power.on = state === "on"),
    /** What happens when so many more tasks have run. */
    lay: (left: number, blow: () => void) => void (fuse = { left, blow }),
    now: () => now,
    run,
    scheduler,
    settle,
    sleeping: () => sleepers.size
  }
}

export type Machine = ReturnType<typeof make>
