import { Clock, Deferred, Effect } from "effect"
import type { Priority } from "../../domain/Provider.ts"
import { Overloaded, type ProviderError } from "../../domain/ProviderError.ts"
import type { WaitReason, Waiting } from "../../domain/ProviderState.ts"
import * as Time from "../../domain/Time.ts"
import type { Restore } from "../../lib/restore.ts"
import * as Gate from "./Gate.ts"
import { reasonOf } from "./Retry.ts"

/** What a turn comes to the gate with. */
export interface Terms {
  readonly provider: string
  readonly model: string
  readonly priority: Priority
  /** How long the turn may wait in all. With none it is let in at once, whatever is known of the provider. */
  readonly patienceMs: number
  /** False once something was said or done that must not be said or done twice, or paid for twice. */
  readonly canRetry: (error: ProviderError) => boolean
  /** Told whenever the turn has to wait, and when what it waits for has changed. */
  readonly waiting: (why: Waiting) => Effect.Effect<void>
  /** Returns when waiting is no use any more: a turn that waits, then or later, is interrupted. */
  readonly leave: Effect.Effect<void>
}

/** A turn at the gate. */
export interface Visit {
  readonly gate: Gate.Gate
  readonly terms: Terms
  readonly place: Gate.Place
  readonly arrivedAt: number
  /** How long it has waited before the present wait, which began at `waitsSince`, in milliseconds. */
  waitedMs: number
  waitsSince: number
}

export const deadlineOf = ({ arrivedAt, terms }: Visit) => arrivedAt + terms.patienceMs

const longestLine = 10_000

/** Waits, unless it is time to leave. */
export const wait = <A>({ terms }: Visit, news: Effect.Effect<A>) =>
  Effect.raceFirst(news, Effect.zipRight(terms.leave, Effect.interrupt))

export const tell = ({ terms }: Visit, attempt: number, reason: WaitReason, until: number | null) =>
  terms.waiting({ provider: terms.provider, reason, until: until === null ? null : Time.at(until), attempt })

/** Stands in line until the turn may try; fails with what the provider said last when that would take too long. */
const stand = (visit: Visit, waiter: Gate.Waiter, attempt: number): Effect.Effect<Gate.Pass, ProviderError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const { gate } = visit
    gate.serve(now)
    if (waiter.pass !== null) return Effect.succeed(waiter.pass)
    const { news } = waiter
    const [opensAt, deadline] = [gate.opensAt(), deadlineOf(visit)]
    const error = gate.lastError() ?? new Overloaded({ retryAfterMs: null, reason: "too many turns wait" })
    if (now >= deadline || opensAt > deadline || gate.length() > longestLine) return error
    const isPaused = opensAt > now
    return tell(visit, attempt, isPaused ? reasonOf(error) : "busy", isPaused ? opensAt : null).pipe(
      Effect.zipRight(wait(visit, Effect.timeoutOption(Deferred.await(news), (isPaused ? opensAt : deadline) - now))),
      Effect.zipRight(stand(visit, waiter, attempt))
    )
  })

/** Gives the right to try once, for regions that cannot be interrupted. */
export const enter = (visit: Visit, attempt: number, restore: Restore) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const { gate, place, terms } = visit
    if (terms.patienceMs === 0) return Effect.succeed(gate.enter(place, now))
    const waiter = Gate.waiterAt(place)
    gate.join(waiter, now)
    if (waiter.pass !== null) return Effect.succeed(waiter.pass)
    return Effect.onError(restore(stand(visit, waiter, attempt)), () =>
      // The pass may have come in the same moment.
      Effect.map(Clock.currentTimeMillis, (then) => gate.withdraw(waiter, then))
    )
  })
