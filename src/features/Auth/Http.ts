import { HttpApiBuilder, HttpServerRequest } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Api } from "../Api.ts"
import { Auth, linkSeconds } from "../Auth.ts"
import {
  CurrentUser,
  type Identity,
  LoginRequest,
  LoginUnreadable,
  PasswordRequired,
  Unauthenticated
} from "../../domain/User.ts"
import { addressOf, isSecure } from "../../lib/forwarded.ts"
import { Settings } from "../../process/Settings.ts"
import { Authenticated, credentials } from "./Api.ts"
import { Credentials } from "../Credentials.ts"
import { Guesses } from "./Guesses.ts"

const refuse = () => Unauthenticated.of()

export const authenticated = Layer.effect(
  Authenticated,
  Effect.map(Credentials, ({ identify }) =>
    Authenticated.of({
      // It looks at all of them; the others are named for the documents.
      header: () =>
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
          Effect.map(identify(request), ({ user }) => user)
        ),
      bearer: refuse,
      cookie: refuse
    })
  )
)

const loggedIn = ({ token, user }: Identity) => ({
  success: true as const,
  api_key: token,
  ...user,
  message: `Login successful as ${user.role}`
})

const loggedOut = { success: true as const, message: "Logged out successfully" }

// Older clients read 400 and these words.
const password = HttpServerRequest.schemaBodyJson(LoginRequest).pipe(
  Effect.catchTags({ RequestError: LoginUnreadable.of, ParseError: PasswordRequired.of }),
  Effect.map(({ password }) => password)
)

export const layer = HttpApiBuilder.group(Api, "auth", (handlers) =>
  Effect.gen(function* () {
    const auth = yield* Auth
    const { attempt } = yield* Guesses
    const { identify } = yield* Credentials
    const { TRUSTED_PROXY_COUNT } = yield* Settings

    const setCookie = (request: HttpServerRequest.HttpServerRequest, token: string) =>
      HttpApiBuilder.securitySetCookie(credentials.cookie, token, {
        secure: isSecure(request.headers, TRUSTED_PROXY_COUNT),
        sameSite: "lax",
        path: "/",
        maxAge: token === "" ? 0 : "7 days"
      })

    const entered = (request: HttpServerRequest.HttpServerRequest, identity: Identity) =>
      Effect.as(setCookie(request, identity.token), loggedIn(identity))

    const login = ({ request }: { readonly request: HttpServerRequest.HttpServerRequest }) =>
      password.pipe(
        Effect.flatMap((password) => attempt(addressOf(request, TRUSTED_PROXY_COUNT), auth.login(password))),
        Effect.flatMap((identity) => entered(request, identity))
      )

    const urlOf = ({ headers }: HttpServerRequest.HttpServerRequest, link: string) =>
      `${isSecure(headers, TRUSTED_PROXY_COUNT) ? "https" : "http"}://${headers["host"] ?? ""}/#login=${link}`

    const verified = () =>
      Effect.map(CurrentUser, (user) => ({ success: true as const, message: "Authentication valid", ...user }))

    return handlers
      .handleRaw("login", login)
      .handleRaw("loginShort", login)
      .handle("verify", verified)
      .handle("verifyShort", verified)
      .handle("link", ({ payload, request }) =>
        Effect.flatMap(auth.exchange(payload.token), (identity) => entered(request, identity))
      )
      .handle("makeLink", ({ payload, request }) =>
        Effect.map(auth.linkFor(payload?.user_id), (token) => ({
          token,
          url: urlOf(request, token),
          expires_in: linkSeconds
        }))
      )
      .handle("logout", ({ request }) =>
        Effect.flatMap(identify(request), ({ token }) => auth.logout(token)).pipe(
          Effect.zipRight(setCookie(request, "")),
          Effect.as(loggedOut)
        )
      )
      .handle("logoutEverywhere", ({ payload }) => Effect.as(auth.logoutEverywhere(payload?.user_id), loggedOut))
  })
).pipe(Layer.provide(Guesses.layer))
