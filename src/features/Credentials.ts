import type { HttpServerRequest } from "@effect/platform"
import { Context, Effect, Layer } from "effect"
import { Auth } from "./Auth.ts"
import { type Identity, Unauthenticated, type User } from "../domain/User.ts"
import { Origins } from "./Origins.ts"
import { cookieName } from "./Auth/Api.ts"

type Request = Pick<HttpServerRequest.HttpServerRequest, "cookies" | "headers">

export class Credentials extends Context.Tag("parley/features/Credentials")<
  Credentials,
  {
    /**
     * Who asks, by the first that is there of the header `X-API-Key`, a bearer token, and the cookie. What is there
     * decides: a wrong key is not rescued by a good cookie. Of a cross-site request the cookie is not seen.
     */
    readonly identify: (request: Request) => Effect.Effect<Identity, Unauthenticated>
    /** The same, if the token was verified before and holds at that time, in milliseconds. */
    readonly known: (request: Request, now: number) => User | undefined
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const bearer = /^bearer +/i

const make = Effect.gen(function* () {
  const { known, verify } = yield* Auth
  const { isAllowed } = yield* Origins

  const isOwnPage = ({ headers: { host, origin, "sec-fetch-site": site } }: Request) => {
    if (site === "same-origin" || site === "none") return true
    if (origin === undefined) return site === undefined
    return isAllowed(origin) || (site === undefined && hostOf(origin) === host)
  }

  const presented = (request: Request) => {
    const { authorization, "x-api-key": key } = request.headers
    if (key !== undefined) return key
    if (authorization !== undefined) return bearer.test(authorization) ? authorization.replace(bearer, "") : ""
    return isOwnPage(request) ? (request.cookies[cookieName] ?? "") : ""
  }

  return Credentials.of({
    known: (request, now) => known(presented(request), now),
    identify: (request) => {
      const token = presented(request)
      return token === "" ? Unauthenticated.of() : verify(token)
    }
  })
})

const hostOf = (origin: string) => (URL.canParse(origin) ? new URL(origin).host : null)
