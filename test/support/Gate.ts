import { Clock, Duration, Effect, Fiber, Random } from "effect"
import type { Priority } from "../../src/domain/Provider.ts"
import type { ProviderError } from "../../src/domain/ProviderError.ts"
import type { Waiting } from "../../src/domain/ProviderState.ts"
import { Gates } from "../../src/models/Gates.ts"
import * as SteppedClock from "./SteppedClock.ts"

/** Undefined where the provider answers. */
export type Verdict = ProviderError | undefined

interface Turn {
  readonly name?: string
  readonly provider?: string
  readonly model?: string
  readonly priority?: Priority
  readonly patienceMs?: number
  /** Fails after the first word. */
  readonly late?: boolean
  readonly leave?: Effect.Effect<void>
}

/** A vendor that takes `latencyMs` to say yes or no, and then speaks for `speechMs`; it notes when it was asked. */
export const vendor = (
  verdict: (now: number, call: number, name: string) => Verdict,
  { latencyMs = 0, speechMs = 0 }: { readonly latencyMs?: number; readonly speechMs?: number } = {}
) =>
  Effect.map(Gates, (gates) => {
    const calls: Array<{ readonly at: number; readonly name: string }> = []
    const told: Array<Waiting> = []
    const tally = { deciding: 0, most: 0 }

    const decide = Effect.acquireUseRelease(
      Effect.sync(() => {
        tally.deciding++
        tally.most = Math.max(tally.most, tally.deciding)
      }),
      () => Effect.sleep(latencyMs),
      () => Effect.sync(() => tally.deciding--)
    )

    const turn = ({
      late = false,
      leave = Effect.never,
      model = "m",
      name = "",
      patienceMs = 1_800_000,
      priority = "person",
      provider = "p"
    }: Turn = {}) => {
      let isUntouched = true
      return gates.pass(
        (answered) =>
          Effect.gen(function* () {
            const at = yield* Clock.currentTimeMillis
            calls.push({ at, name })
            const error = verdict(at, calls.length, name)
            yield* decide
            isUntouched = !late
            if (error !== undefined) return yield* error
            answered()
            yield* Effect.sleep(speechMs)
            return "said"
          }),
        {
          provider,
          model,
          priority,
          patienceMs,
          canRetry: () => isUntouched,
          waiting: (why) => Effect.sync(() => void told.push(why)),
          leave
        }
      )
    }
    const seconds = () => calls.map(({ at }) => Math.floor(at / 1000))
    return { calls, seconds, told, tally, turn, state: gates.state("p") }
  })

export type Pass = (time: Duration.DurationInput) => Effect.Effect<void>

/** Runs a test on gates of its own and on a clock that the test moves. */
export const world = <E>(test: (pass: Pass) => Effect.Effect<void, E, Gates>) =>
  Effect.suspend(() => {
    const { advance, clock } = SteppedClock.make()
    return test((time) => advance(Duration.toMillis(time))).pipe(
      Effect.provide(Gates.layer),
      Effect.withRandom(Random.make("gates")),
      Effect.withClock(clock)
    )
  })

/** How a turn failed; nothing when it did not. */
export const tagOf = <A>(fiber: Fiber.RuntimeFiber<A, { readonly _tag: string }>) =>
  Effect.match(Fiber.join(fiber), { onFailure: ({ _tag }) => _tag, onSuccess: () => "" })
