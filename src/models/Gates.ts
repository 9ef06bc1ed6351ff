import { Clock, Context, Effect, Either, Exit, Layer, Option, Random, Schema } from "effect"
import { explain } from "../domain/ProviderAdvice.ts"
import { ProviderError } from "../domain/ProviderError.ts"
import { type ModelState, type ProviderState, worst } from "../domain/ProviderState.ts"
import * as Gate from "./Gates/Gate.ts"
import { blameOf } from "./Gates/Health.ts"
import * as Retry from "./Gates/Retry.ts"
import { deadlineOf, enter, tell, type Terms, type Visit, wait } from "./Gates/Visit.ts"
import * as Meter from "../lib/metric.ts"
import type { Restore } from "../lib/restore.ts"
import * as GenAi from "../telemetry/GenAi.ts"

/** Returns when the provider may be asked again after such a refusal; fails with it when that makes no sense. */
type Hold = (error: ProviderError) => Effect.Effect<void, ProviderError>

/** Tries once; given what is to be run when the provider begins to answer, and when it refuses a later request. */
type Attempt<A, E, R> = (answered: () => void, hold: Hold) => Effect.Effect<A, E, R>

/**
 * One gate for each model of each provider, for vendors refuse by the model: what is asked of it, when, and how often.
 * Retry and back-off are decided here and nowhere else. A waiting turn holds nothing, and stops at once when it is
 * interrupted.
 */
export class Gates extends Context.Tag("parley/models/Gates")<
  Gates,
  {
    /**
     * Tries as soon and as often as it makes sense. A turn that may wait no longer fails with what the provider said
     * last. One that is tried again keeps its place in line, but lets others find out first whether the model answers
     * once it was refused twice.
     */
    readonly pass: <A, E, R>(attempt: Attempt<A, E, R>, terms: Terms) => Effect.Effect<A, E | ProviderError, R>
    /** Whether the model may be asked at this moment. */
    readonly isOpen: (provider: string, model: string) => Effect.Effect<boolean>
    /** How it stands with a provider: with the one of its models that stands worst. */
    readonly state: (provider: string) => Effect.Effect<ProviderState>
    /** How it stands with each of its models of which turns have told. */
    readonly models: (provider: string) => Effect.Effect<ReadonlyArray<ModelState>>
  }
>() {
  static readonly layer = Layer.sync(this, () => make())
}

const retries = Meter.counter(
  "parley_provider_retries_total",
  "Turns that are tried again, by what made it necessary",
  "provider",
  "reason"
)
const isProviderError = Schema.is(ProviderError)

const report = ({ model, provider }: Terms, error: ProviderError) =>
  Effect.annotateLogs(Effect.logWarning(explain(error, provider)), { provider, model })

/** The right to try, in uninterruptible regions; the turn's wait is over. */
const admitted = (visit: Visit, number: number, restore: Restore) =>
  Effect.tap(enter(visit, number, restore), () =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      visit.waitedMs += now - visit.waitsSince
      return GenAi.waited("gate", visit.waitedMs)
    })
  )

const once = <A, E, R>(visit: Visit, attempt: Attempt<A, E, R>, number: number) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.all([admitted(visit, number, restore), Effect.clock]), ([first, clock]) => {
      const { gate } = visit
      /** None while the turn waits in its middle. */
      let pass: Gate.Pass | null = first
      let held: Retry.Failures = {}

      const answered = () => {
        if (pass !== null) gate.answered(pass, clock.unsafeCurrentTimeMillis())
      }

      const leave = Effect.fnUntraced(function* (error: ProviderError | null) {
        const [now, jitter] = [yield* Clock.currentTimeMillis, yield* Random.next]
        if (pass === null) return
        if (error !== null) gate.failed(pass, error, now, jitter)
        if (error !== null && gate.isNews(error)) yield* report(visit.terms, error)
        gate.leave(pass, now)
        pass = null
      })

      const hold = (error: ProviderError) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function* () {
            yield* leave(error)
            const known = yield* restore(pause(visit, error, held))
            if (Option.isNone(known)) return yield* error
            held = known.value
            pass = yield* admitted(visit, number + Retry.total(held), restore)
          })
        )

      const learn = (exit: Exit.Exit<Either.Either<A, E>>) => {
        if (Exit.isFailure(exit)) return leave(null)
        const { value } = exit
        if (Either.isLeft(value)) return leave(isProviderError(value.left) ? value.left : null)
        answered()
        return leave(null)
      }
      return Effect.onExit(restore(Effect.either(attempt(answered, hold))), learn)
    })
  )

interface Next {
  /** How long the turn waits by itself before it stands in line again. */
  readonly delay: number
  /** The same, or how long its model is not to be asked. */
  readonly pauseMs: number
}

/** None when the turn has failed for good. */
const next = (visit: Visit, error: ProviderError, failures: Retry.Failures) =>
  Effect.zipWith(Clock.currentTimeMillis, Random.next, (now, jitter) => {
    const { gate, place } = visit
    const isHeld = blameOf(error) === "refused" && !place.isItsOwn
    return Option.flatMap(Retry.delayOf(error, failures, place, jitter), (delay): Option.Option<Next> => {
      const pauseMs = isHeld ? Math.max(0, gate.opensAt() - now) : delay
      return pauseMs === 0 || now + pauseMs <= deadlineOf(visit) ? Option.some({ delay, pauseMs }) : Option.none()
    })
  })

/** Waits until the turn may stand in line again; none, and at once, when that makes no sense. */
const pause = Effect.fnUntraced(function* (visit: Visit, error: ProviderError, failures: Retry.Failures) {
  const found = yield* next(visit, error, failures)
  if (Option.isNone(found)) return Option.none()
  const { delay, pauseMs } = found.value
  const now = yield* Clock.currentTimeMillis
  visit.waitsSince = now
  const reason = Retry.reasonOf(error)
  const known = Retry.counted(failures, error)
  yield* GenAi.retried(error._tag, pauseMs)
  retries(1, visit.terms.provider, reason)
  if (delay > 0) {
    yield* tell(visit, Retry.total(known) + 1, reason, now + delay)
    yield* wait(visit, Effect.sleep(delay))
  }
  return Option.some(known)
})

const play = <A, E, R>(
  visit: Visit,
  attempt: Attempt<A, E, R>,
  failures: Retry.Failures
): Effect.Effect<A, E | ProviderError, R> =>
  Effect.flatMap(
    once(visit, attempt, Retry.total(failures) + 1),
    Either.match({
      onRight: Effect.succeed,
      onLeft: (error) => (isProviderError(error) ? again(visit, attempt, failures, error) : Effect.fail(error))
    })
  )

const again = Effect.fnUntraced(function* <A, E, R>(
  visit: Visit,
  attempt: Attempt<A, E, R>,
  failures: Retry.Failures,
  error: ProviderError
): Effect.fn.Return<A, E | ProviderError, R> {
  if (!visit.terms.canRetry(error)) return yield* error
  const known = yield* pause(visit, error, failures)
  return Option.isNone(known) ? yield* error : yield* play(visit, attempt, known.value)
})

/** Beyond this many, models that nobody is asking are forgotten. */
const mostModels = 1000

const make = () => {
  const providers = new Map<string, Map<string, Gate.Gate>>()

  const gatesOf = (provider: string) => {
    const known = providers.get(provider)
    if (known !== undefined) return known
    const gates = new Map<string, Gate.Gate>()
    providers.set(provider, gates)
    for (const reason of Retry.reasons) retries(0, provider, reason)
    return gates
  }

  const gateOf = ({ model, provider }: Terms) => {
    const gates = gatesOf(provider)
    const known = gates.get(model)
    if (known !== undefined) return known
    if (gates.size >= mostModels) for (const [name, gate] of gates) if (gate.isIdle()) gates.delete(name)
    const gate = Gate.make(provider)
    gates.set(model, gate)
    return gate
  }

  const models = (provider: string, now: number) =>
    [...gatesOf(provider)].map(([model, gate]): ModelState => ({ model, ...gate.state(now) }))

  return Gates.of({
    pass: (attempt, terms) =>
      Effect.flatMap(Clock.currentTimeMillis, (arrivedAt) => {
        const gate = gateOf(terms)
        const place = gate.arrive(terms.priority)
        return play({ gate, terms, place, arrivedAt, waitedMs: 0, waitsSince: arrivedAt }, attempt, {})
      }),
    isOpen: (provider, model) =>
      Effect.map(Clock.currentTimeMillis, (now) => (providers.get(provider)?.get(model)?.opensAt() ?? 0) <= now),
    state: (provider) => Effect.map(Clock.currentTimeMillis, (now) => worst(models(provider, now))),
    models: (provider) => Effect.map(Clock.currentTimeMillis, (now) => models(provider, now))
  })
}
