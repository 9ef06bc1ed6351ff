import { HttpApp, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Clock, Effect, Layer, Option, Schema } from "effect"
import { Credentials } from "../Auth/Credentials.ts"
import { TooManyRequests } from "../domain/Limit.ts"
import type { User } from "../domain/User.ts"
import { addressOf } from "../Http/Forwarded.ts"
import { Settings } from "../Settings.ts"
import { ChattingLimit, ImportLimit, LoginLimit, PollLimit, SendLimit } from "./Api.ts"
import * as Windows from "./Windows.ts"

const mostKeys = 100_000
const isTooMany = Schema.is(TooManyRequests)

/** Tells the client when to come back, in the header that is made for it. */
export const withRetryAfter = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tapError(effect, (error) =>
    isTooMany(error)
      ? HttpApp.appendPreResponseHandler((_request, response) =>
          Effect.succeed(HttpServerResponse.setHeader(response, "retry-after", `${error.retry_after}`))
        )
      : Effect.void
  )

/** One count for each kind of request. Not the library's limiter: its store in memory forgets no key. */
const limit = Effect.fnUntraced(function* (perMinute: number, byIdentity: boolean) {
  const { RATE_LIMIT_ADDRESS_FACTOR, RATE_LIMITS, TRUSTED_PROXY_COUNT } = yield* Settings
  const { identify } = yield* Credentials
  if (!RATE_LIMITS) return Effect.void
  const addresses = Windows.make(mostKeys)
  const identities = Windows.make(mostKeys)
  const perAddress = perMinute * (byIdentity ? RATE_LIMIT_ADDRESS_FACTOR : 1)

  const pass = (request: HttpServerRequest.HttpServerRequest, user: Option.Option<User>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const refuse = (limit: number) => TooManyRequests.perMinute(limit, addresses.secondsLeft(now))
      if (!addresses.take(addressOf(request, TRUSTED_PROXY_COUNT), perAddress, now)) return refuse(perAddress)
      if (Option.isNone(user)) return Effect.void
      const [path = ""] = request.url.split("?", 1)
      return identities.take(`${user.value.user_id} ${path}`, perMinute, now) ? Effect.void : refuse(perMinute)
    })

  const user = (request: HttpServerRequest.HttpServerRequest) =>
    byIdentity
      ? Effect.match(identify(request), { onFailure: () => Option.none(), onSuccess: ({ user }) => Option.some(user) })
      : Effect.succeedNone

  return withRetryAfter(
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.flatMap(user(request), (user) => pass(request, user))
    )
  )
})

export const layer = Layer.unwrapEffect(
  Effect.map(
    Settings,
    ({ CHATTING_PER_MINUTE, IMPORTS_PER_MINUTE, LOGIN_PER_MINUTE, POLL_PER_MINUTE, SEND_PER_MINUTE }) =>
      Layer.mergeAll(
        Layer.effect(LoginLimit, limit(LOGIN_PER_MINUTE, false)),
        Layer.effect(ImportLimit, limit(IMPORTS_PER_MINUTE, false)),
        Layer.effect(PollLimit, limit(POLL_PER_MINUTE, true)),
        Layer.effect(ChattingLimit, limit(CHATTING_PER_MINUTE, true)),
        Layer.effect(SendLimit, limit(SEND_PER_MINUTE, true))
      )
  )
)
