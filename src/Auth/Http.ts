import { HttpApiBuilder } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { Api } from "../Api.ts"
import { Auth, type Login } from "../Auth.ts"
import { CurrentUser } from "../domain/User.ts"
import { Authenticated } from "./Api.ts"

export const authenticated = Layer.effect(
  Authenticated,
  Effect.map(Auth, ({ verify }) => Authenticated.of({ token: (token) => verify(Redacted.value(token)) }))
)

const loggedIn = ({ token, user }: Login) => ({
  success: true as const,
  api_key: token,
  ...user,
  message: `Login successful as ${user.role}`
})

export const layer = HttpApiBuilder.group(Api, "auth", (handlers) =>
  Effect.map(Auth, (auth) =>
    handlers
      .handle("login", ({ payload }) => Effect.map(auth.login(payload.password), loggedIn))
      .handle("link", ({ payload }) => Effect.map(auth.exchange(payload.token), loggedIn))
      .handle("verify", () =>
        Effect.map(CurrentUser, (user) => ({ success: true as const, message: "Authentication valid", ...user }))
      )
  )
)
