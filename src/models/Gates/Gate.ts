import { Deferred, Exit, FiberId } from "effect"
import type { Priority } from "../../domain/Provider.ts"
import type { ProviderError } from "../../domain/ProviderError.ts"
import type { ProviderState } from "../../domain/ProviderState.ts"
import * as Time from "../../domain/Time.ts"
import * as Breaker from "../../lib/breaker.ts"
import * as Health from "./Health.ts"

/** A turn's place in line: persons come before agents, then who came first. */
export interface Place {
  readonly priority: Priority
  readonly number: number
}

/** The right to try once. */
export interface Pass {
  /** What was let in since the same failure tells about the provider what the others tell. */
  readonly wave: number
  answered: boolean
}

export interface Waiter {
  readonly place: Place
  pass: Pass | null
  /** Done when there is something new for the waiter, and replaced then. */
  news: Deferred.Deferred<void>
}

export const waiterAt = (place: Place): Waiter => ({ place, pass: null, news: Deferred.unsafeMake(FiberId.none) })

const inform = (waiter: Waiter) => {
  const { news } = waiter
  waiter.news = Deferred.unsafeMake(FiberId.none)
  Deferred.unsafeDone(news, Exit.void)
}

const isBefore = (one: Place, other: Place) =>
  one.priority === other.priority ? one.number < other.number : one.priority === "person"

/** Who may try a provider, and who comes next. Every change is one synchronous step. */
export const make = () => {
  let health = Health.well
  let arrived = 0
  let wave = 0
  /** Those of the wave, and all, that are under way. */
  let trying = 0
  let underWay = 0
  let probe: Pass | null = null
  const line: Array<Waiter> = []

  const opensAt = () => health.breaker.notBefore

  const mayPass = (now: number) => {
    if (now < opensAt()) return false
    if (Breaker.stateOf(health.breaker, now) === "half_open") return probe === null
    return health.bound === null || trying < health.bound.limit
  }

  const enter = (now: number): Pass => {
    const pass = { wave, answered: false }
    if (Breaker.stateOf(health.breaker, now) === "half_open") probe ??= pass
    trying++
    underWay++
    return pass
  }

  /** Lets in all who may, the first in line first. */
  const serve = (now: number) => {
    while (line.length > 0 && mayPass(now)) {
      const waiter = line.shift()
      if (waiter === undefined) return
      waiter.pass = enter(now)
      inform(waiter)
    }
  }

  const leave = (pass: Pass, now: number) => {
    underWay--
    if (pass.wave === wave) trying--
    if (probe === pass) probe = null
    serve(now)
  }

  return {
    opensAt,
    enter,
    serve,
    leave,
    arrive: (priority: Priority): Place => ({ priority, number: arrived++ }),
    length: () => line.length,

    /** Stands in line; whoever may pass has a pass when this returns. */
    join: (waiter: Waiter, now: number) => {
      const at = line.findIndex(({ place }) => isBefore(waiter.place, place))
      line.splice(at === -1 ? line.length : at, 0, waiter)
      serve(now)
    },

    /** Gives up the place in line, or the pass. */
    withdraw: (waiter: Waiter, now: number) => {
      if (waiter.pass !== null) return leave(waiter.pass, now)
      const at = line.indexOf(waiter)
      if (at !== -1) line.splice(at, 1)
    },

    /** The provider has begun to answer, or has answered. */
    answered: (pass: Pass, now: number) => {
      if (pass.answered) return
      pass.answered = true
      if (pass.wave !== wave) return void (health = { ...health, lastSuccessAt: now })
      health = Health.succeeded(health, now)
      probe = null
      serve(now)
    },

    failed: (pass: Pass, error: ProviderError, now: number, jitter: number) => {
      const blame = Health.blameOf(error)
      const isKnown = pass.wave !== wave && !(blame === "refused" && now >= opensAt())
      if (blame === "none" || isKnown) return void (health = { ...health, lastError: { error, at: now } })
      health = Health.failed(health, error, { now, jitter, trying })
      wave++
      trying = 0
      probe = null
      for (const waiter of line) inform(waiter)
    },

    lastError: () => health.lastError?.error ?? null,

    state: (now: number): ProviderState => {
      const { bound, breaker, lastError, lastSuccessAt } = health
      return {
        state: Breaker.stateOf(breaker, now),
        waiting: line.length,
        under_way: underWay,
        limit: bound?.limit ?? null,
        failures: breaker.failures,
        not_before: now < breaker.notBefore ? Time.at(breaker.notBefore) : null,
        last_success_at: lastSuccessAt === null ? null : Time.at(lastSuccessAt),
        last_error: lastError === null ? null : { _tag: lastError.error._tag, at: Time.at(lastError.at) }
      }
    }
  }
}

export type Gate = ReturnType<typeof make>
