import { HttpServerRequest } from "@effect/platform"
import { Clock, Effect, Layer } from "effect"
import { Credentials } from "../Credentials.ts"
import type { User } from "../../domain/User.ts"
import { type Limit, RateLimits } from "../RateLimits.ts"
import { ChattingLimit, ImportLimit, LoginLimit, PollLimit, SendLimit } from "./Api.ts"

type Request = HttpServerRequest.HttpServerRequest
type Who = (request: Request) => Effect.Effect<User | undefined>

const bounded = (limit: Limit, who: Who) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
    Effect.zipWith(who(request), Clock.currentTimeMillis, (user, now) => limit(request, user, now)).pipe(
      Effect.flatMap((refusal) => refusal ?? Effect.void)
    )
  )

const anybody: Who = () => Effect.succeed(undefined)

export const layer = Layer.unwrapEffect(
  Effect.map(Effect.all({ limits: RateLimits, credentials: Credentials }), ({ credentials, limits }) => {
    const user: Who = (request) =>
      Effect.match(credentials.identify(request), { onFailure: () => undefined, onSuccess: ({ user }) => user })
    return Layer.mergeAll(
      Layer.succeed(LoginLimit, bounded(limits.login, anybody)),
      Layer.succeed(ImportLimit, bounded(limits.import, anybody)),
      Layer.succeed(PollLimit, bounded(limits.poll, user)),
      Layer.succeed(ChattingLimit, bounded(limits.chatting, user)),
      Layer.succeed(SendLimit, bounded(limits.send, user))
    )
  })
)
