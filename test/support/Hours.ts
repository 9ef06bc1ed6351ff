import { Effect, Fiber, type Layer, Logger } from "effect"
import { inHouse, type room } from "./Duo.ts"
import type * as House from "./House.ts"
import type * as Puppet from "./Puppet.ts"
import { settle } from "./settle.ts"
import * as SteppedClock from "./SteppedClock.ts"

const turnOfTheLoop = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

// Work of the moment: immediates, files, hashes. Sockets, watchers and timers may stand for ever.
const isBusy = Effect.sync(() =>
  process.getActiveResourcesInfo().some((name) => /Immediate|Req|Request|Job/.test(name))
)

/** Lets the house come to rest: what it still waits for then is time, a model, or somebody outside. */
const rest = Effect.repeat(Effect.zipRight(settle, Effect.zipRight(turnOfTheLoop, settle)), { while: () => isBusy })

type Pass = (seconds: number) => Effect.Effect<void>

/**
 * Runs a test in a house of its own, on a clock that the test moves second by second; closing time passes by itself.
 */
export const inVirtualHouse = <E>(
  puppet: ReturnType<typeof Puppet.make>,
  test: (
    pass: Pass
  ) => Effect.Effect<
    void,
    E,
    Effect.Effect.Context<ReturnType<typeof room>> | Layer.Layer.Success<ReturnType<typeof House.layer>>
  >,
  settings: Readonly<Record<string, string>> = {},
  agents?: House.Folk
) =>
  Effect.suspend(() => {
    const { advance, clock } = SteppedClock.make()
    const second = Effect.zipRight(advance(1000), rest)
    const pass: Pass = (seconds) => Effect.zipRight(rest, Effect.repeatN(second, seconds - 1))
    let closing: Fiber.RuntimeFiber<never> | undefined
    const close = Effect.map(Effect.forkDaemon(Effect.interruptible(Effect.forever(second))), (fiber) => {
      closing = fiber
    })
    return inHouse(puppet, Effect.ensuring(test(pass), close), settings, Logger.none, agents).pipe(
      Effect.ensuring(Effect.suspend(() => (closing === undefined ? Effect.void : Fiber.interrupt(closing)))),
      Effect.withClock(clock)
    )
  })
