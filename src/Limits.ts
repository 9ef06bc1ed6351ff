import type { HttpServerRequest } from "@effect/platform"
import { Context, Effect, Layer } from "effect"
import { TooManyRequests } from "./domain/Limit.ts"
import type { User } from "./domain/User.ts"
import { addressOf } from "./Http/Forwarded.ts"
import * as Windows from "./Limits/Windows.ts"
import { Settings } from "./Settings.ts"

type Request = Pick<HttpServerRequest.HttpServerRequest, "headers" | "remoteAddress" | "url">

/**
 * Counts a request at the time, in milliseconds, by its address and, where there is a user, by who asks for which path.
 * What is refused is not counted.
 */
export type Limit = (request: Request, user: User | undefined, now: number) => TooManyRequests | undefined

/** How often one may ask, by the kind of request. */
export class Limits extends Context.Tag("parley/Limits")<
  Limits,
  Readonly<Record<"login" | "import" | "poll" | "chatting" | "send", Limit>>
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.map(Settings, (settings) => make(settings))
  )
}

const mostKeys = 100_000

const make = (settings: Settings["Type"]): Limits["Type"] => {
  const { RATE_LIMIT_ADDRESS_FACTOR, RATE_LIMITS, TRUSTED_PROXY_COUNT } = settings

  // Not the library's limiter: its store in memory forgets no key.
  const limit = (perAddress: number, perIdentity: number): Limit => {
    const addresses = Windows.make(mostKeys)
    const identities = Windows.make(mostKeys)
    return (request, user, now) => {
      const refuse = (limit: number) => TooManyRequests.perMinute(limit, addresses.secondsLeft(now))
      const address = addressOf(request, TRUSTED_PROXY_COUNT)
      if (addresses.count(address, now) >= perAddress) return refuse(perAddress)
      const identity = user && `${user.user_id} ${request.url.split("?", 1)[0]}`
      if (identity !== undefined && !identities.take(identity, perIdentity, now)) return refuse(perIdentity)
      addresses.take(address, perAddress, now)
      return undefined
    }
  }
  const byAddress = (perMinute: number) => (RATE_LIMITS ? limit(perMinute, 0) : none)
  const byIdentity = (perMinute: number) =>
    RATE_LIMITS ? limit(perMinute * RATE_LIMIT_ADDRESS_FACTOR, perMinute) : none

  return {
    login: byAddress(settings.LOGIN_PER_MINUTE),
    import: byAddress(settings.IMPORTS_PER_MINUTE),
    poll: byIdentity(settings.POLL_PER_MINUTE),
    chatting: byIdentity(settings.CHATTING_PER_MINUTE),
    send: byIdentity(settings.SEND_PER_MINUTE)
  }
}

const none: Limit = () => undefined
