import { Effect, Schedule } from "effect"
import { monitorEventLoopDelay } from "node:perf_hooks"
import type { LoopDelay } from "../../domain/Status.ts"

const resolution = 20
const window = "15 seconds"
const nothing: LoopDelay = { p50: 0, p99: 0, max: 0 }

/** Gives what the last full window had. All who ask see the same, whoever else asks. */
export const make = Effect.gen(function* () {
  const monitor = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const monitor = monitorEventLoopDelay({ resolution })
      monitor.enable()
      return monitor
    }),
    (monitor) => Effect.sync(() => monitor.disable())
  )
  // Its timer is asked to come every `resolution`; only what it comes later is delay.
  const seconds = (nanos: number) => Math.max(0, nanos / 1e9 - resolution / 1000)
  let last = nothing

  const turn = Effect.sync(() => {
    last =
      monitor.count === 0
        ? nothing
        : { p50: seconds(monitor.percentile(50)), p99: seconds(monitor.percentile(99)), max: seconds(monitor.max) }
    monitor.reset()
  })
  yield* Effect.forkScoped(Effect.schedule(turn, Schedule.spaced(window)))

  return Effect.sync(() => last)
})
