import type { HttpServerRequest } from "@effect/platform"
import { Context, Effect, Either, Layer } from "effect"
import { TooManyRequests } from "../domain/Limit.ts"
import type { LiveValues } from "../domain/Settings.ts"
import type { User } from "../domain/User.ts"
import { addressOf } from "../lib/forwarded.ts"
import * as Windows from "../lib/windows.ts"
import { LiveSettings, Settings } from "../process/Settings.ts"

type PerMinute = Extract<keyof LiveValues, `${string}_PER_MINUTE`>
type Request = Pick<HttpServerRequest.HttpServerRequest, "headers" | "remoteAddress" | "url">

/**
 * Counts a request at the time, in milliseconds, by its address and, where there is a user, by who asks for which path.
 * What is refused is not counted.
 */
export type Limit = (request: Request, user: User | undefined, now: number) => TooManyRequests | undefined

/** How often one may ask, by the kind of request. */
export class RateLimits extends Context.Tag("parley/features/RateLimits")<
  RateLimits,
  Readonly<Record<"login" | "import" | "poll" | "chatting" | "send", Limit>>
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.zipWith(Settings, LiveSettings, (settings, { current }) => make(settings, current))
  )
}

const mostKeys = 100_000

/**
 * What tells apart the paths of one limit: the numbers in them. The rest is the route's, which does not mind letters of
 * another case, slashes more or less, zeros before a number, or signs by their codes.
 */
const numbersIn = (url: string) => {
  const [path = ""] = url.split("?", 1)
  const decoded = path.includes("%")
    ? Either.getOrElse(
        Either.try(() => decodeURIComponent(path)),
        () => path
      )
    : path
  return (decoded.match(/\d+/g) ?? []).map(Number).join("/")
}

const make = ({ TRUSTED_PROXY_COUNT }: Settings["Type"], current: () => LiveValues): RateLimits["Type"] => {
  // Not the library's limiter: its store in memory forgets no key.
  const limit = (name: PerMinute, of: "address" | "identity"): Limit => {
    const addresses = Windows.make(mostKeys)
    const identities = Windows.make(mostKeys)
    return (request, user, now) => {
      const { [name]: perMinute, RATE_LIMIT_ADDRESS_FACTOR, RATE_LIMITS } = current()
      if (!RATE_LIMITS) return undefined
      const refuse = (limit: number) => TooManyRequests.perMinute(limit, addresses.secondsLeft(now))
      const perAddress = of === "address" ? perMinute : perMinute * RATE_LIMIT_ADDRESS_FACTOR
      const address = addressOf(request, TRUSTED_PROXY_COUNT)
      if (addresses.count(address, now) >= perAddress) return refuse(perAddress)
      const identity = user && `${user.user_id} ${numbersIn(request.url)}`
      if (identity !== undefined && !identities.take(identity, perMinute, now)) return refuse(perMinute)
      addresses.take(address, perAddress, now)
      return undefined
    }
  }

  return {
    login: limit("LOGIN_PER_MINUTE", "address"),
    import: limit("IMPORTS_PER_MINUTE", "address"),
    poll: limit("POLL_PER_MINUTE", "identity"),
    chatting: limit("CHATTING_PER_MINUTE", "identity"),
    send: limit("SEND_PER_MINUTE", "identity")
  }
}
