import { HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSecurity } from "@effect/platform"
import {
  CurrentUser,
  LinkRequest,
  LinkSpent,
  LoggedIn,
  LoginRequest,
  Unauthenticated,
  Verified,
  WrongPassword
} from "../domain/User.ts"

/** Requires an access token in `X-API-Key`. */
export class Authenticated extends HttpApiMiddleware.Tag<Authenticated>()("parley/Auth/Api/Authenticated", {
  failure: Unauthenticated,
  provides: CurrentUser,
  security: { token: HttpApiSecurity.apiKey({ in: "header", key: "x-api-key" }) }
}) {}

export class AuthApi extends HttpApiGroup.make("auth")
  .add(HttpApiEndpoint.post("login", "/login").setPayload(LoginRequest).addSuccess(LoggedIn).addError(WrongPassword))
  .add(HttpApiEndpoint.post("link", "/link").setPayload(LinkRequest).addSuccess(LoggedIn).addError(LinkSpent))
  .add(HttpApiEndpoint.get("verify", "/verify").addSuccess(Verified).middleware(Authenticated))
  .prefix("/auth") {}
