import { Deferred, Exit, FiberId } from "effect"
import type { Priority } from "../../domain/Provider.ts"
import { explain, reasonOf } from "../../domain/ProviderAdvice.ts"
import type { ProviderError } from "../../domain/ProviderError.ts"
import type { ProviderState } from "../../domain/ProviderState.ts"
import * as Time from "../../domain/Time.ts"
import * as Breaker from "../../lib/breaker.ts"
import * as Health from "./Health.ts"

/** A turn's place in line: persons come before agents, then who came first. */
export interface Place {
  readonly priority: Priority
  readonly number: number
  /** How often the turn has failed in a way that may be the provider's fault. */
  failures: number
  /** How many answers had been given when it failed last. */
  answersThen: number
  /** The turn fails for its own sake: its failures are no news about the provider. */
  isItsOwn: boolean
}

/** The right to try once. */
export interface Pass {
  readonly place: Place
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

/** Who is to find out whether the provider is well again: one that was refused twice lets others go first. */
const proberIn = (line: ReadonlyArray<Waiter>) => {
  const times = ({ place: { failures } }: Waiter) => Math.max(1, failures)
  const fewest = Math.min(...line.map(times))
  return line.findIndex((waiter) => times(waiter) === fewest)
}

/** Failures that last until a person does something. */
const lasting: ReadonlySet<ProviderError["_tag"]> = new Set([
  "Unreachable",
  "Unauthorized",
  "QuotaExhausted",
  "ModelUnknown"
])

/** Who may try a provider, and who comes next. Every change is one synchronous step. */
export const make = (provider: string) => {
  let health = Health.well
  /** The lasting failure that was reported, until the provider answers. */
  let reported: ProviderError["_tag"] | null = null
  let arrived = 0
  let answers = 0
  let wave = 0
  /** Those of the wave, and all, that are under way. */
  let trying = 0
  let underWay = 0
  let probe: Pass | null = null
  const line: Array<Waiter> = []

  const told = ({ at, error }: NonNullable<Health.Health["lastError"]>) => ({
    _tag: error._tag,
    at: Time.at(at),
    reason: reasonOf(error),
    message: explain(error, provider)
  })

  const opensAt = () => health.breaker.notBefore

  const mayPass = (now: number) => {
    if (now < opensAt()) return false
    if (Breaker.stateOf(health.breaker, now) === "half_open") return probe === null
    return health.bound === null || trying < health.bound.limit
  }

  const enter = (place: Place, now: number): Pass => {
    const pass = { place, wave, answered: false }
    if (Breaker.stateOf(health.breaker, now) === "half_open") probe ??= pass
    trying++
    underWay++
    return pass
  }

  /** Lets in all who may, the first in line first. */
  const serve = (now: number) => {
    while (line.length > 0 && mayPass(now)) {
      const [waiter] = line.splice(health.breaker.failures > 0 ? proberIn(line) : 0, 1)
      if (waiter === undefined) return
      waiter.pass = enter(waiter.place, now)
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
    arrive: (priority: Priority): Place => ({
      priority,
      number: arrived++,
      failures: 0,
      answersThen: 0,
      isItsOwn: false
    }),
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
      answers++
      reported = null
      if (pass.wave !== wave) return void (health = { ...health, lastSuccessAt: now })
      health = Health.succeeded(health, now)
      probe = null
      serve(now)
    },

    /**
     * A turn that fails again after the provider has answered others fails for its own sake, and so does one at which
     * the provider fails twice: the others need not wait for it.
     */
    failed: (pass: Pass, error: ProviderError, now: number, jitter: number) => {
      const { place } = pass
      const blame = Health.blameOf(error)
      const hasAnsweredOthers = place.isItsOwn || answers > place.answersThen
      const isRepeated = place.failures > 0 && (error._tag === "ServerFailed" || hasAnsweredOthers)
      if (blame !== "none") {
        place.isItsOwn = isRepeated
        place.failures++
        place.answersThen = answers
      }
      const isKnown = pass.wave !== wave && !(blame === "refused" && now >= opensAt())
      if (blame === "none" || isKnown || isRepeated) return void (health = { ...health, lastError: { error, at: now } })
      health = Health.failed(health, error, { now, jitter, trying })
      wave++
      trying = 0
      probe = null
      for (const waiter of line) inform(waiter)
    },

    /** True for the first of its kind that a person has to mend, and again only after the provider has answered. */
    isNews: ({ _tag }: ProviderError) => {
      if (!lasting.has(_tag) || reported === _tag) return false
      reported = _tag
      return true
    },

    lastError: () => health.lastError?.error ?? null,
    isIdle: () => underWay === 0 && line.length === 0,

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
        last_error: lastError === null ? null : told(lastError)
      }
    }
  }
}

export type Gate = ReturnType<typeof make>
