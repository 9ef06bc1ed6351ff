import { Clock, Context, Effect, Layer } from "effect"
import { TooManyRequests } from "../../domain/Limit.ts"
import type { Identity, WrongPassword } from "../../domain/User.ts"
import * as Windows from "../../lib/windows.ts"
import * as Permits from "../../lib/permits.ts"
import { LiveSettings } from "../../process/Settings.ts"

export class Guesses extends Context.Tag("parley/features/Auth/Guesses")<
  Guesses,
  {
    /**
     * Tries a password. After many wrong ones in a minute, whoever sent them, only addresses that have logged in before
     * may go on: guesses from everywhere come to nothing, and the owner still gets in at home.
     */
    readonly attempt: (
      address: string,
      login: Effect.Effect<Identity, WrongPassword>
    ) => Effect.Effect<Identity, WrongPassword | TooManyRequests>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

// A comparison holds one of the four threads that files and names are looked up with.
const atOnce = 2
const patience = "5 seconds"
const mostAddresses = 1000

const make = Effect.gen(function* () {
  const { current } = yield* LiveSettings
  const failures = Windows.make(1)
  const known = new Set<string>()
  const places = Permits.make(atOnce)

  const welcome = (address: string) => {
    known.delete(address)
    known.add(address)
    const [oldest] = known.size > mostAddresses ? known : []
    if (oldest !== undefined) known.delete(oldest)
  }

  const refusal = Effect.map(Clock.currentTimeMillis, (now) => {
    const { LOGIN_FAILURES_PER_MINUTE, RATE_LIMITS } = current()
    return RATE_LIMITS && failures.count("", now) >= LOGIN_FAILURES_PER_MINUTE
      ? TooManyRequests.perMinute(LOGIN_FAILURES_PER_MINUTE, failures.secondsLeft(now))
      : null
  })

  const place = Effect.timeoutFail(places.scoped, {
    duration: patience,
    onTimeout: () => TooManyRequests.of("Too many logins at once", 5)
  })

  const failed = Effect.map(Clock.currentTimeMillis, (now) =>
    failures.take("", current().LOGIN_FAILURES_PER_MINUTE, now)
  )

  return Guesses.of({
    attempt: Effect.fn("Guesses.attempt")(function* (address, login) {
      yield* place
      const refused = known.has(address) ? null : yield* refusal
      if (refused !== null) return yield* refused
      const identity = yield* Effect.tapError(login, () => failed)
      welcome(address)
      return identity
    }, Effect.scoped)
  })
})
