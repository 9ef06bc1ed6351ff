import { HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSecurity, OpenApi } from "@effect/platform"
import { FieldsRefused, WriteRefused } from "../../domain/Error.ts"
import {
  AdminRequired,
  CurrentUser,
  GuestsNotAllowed,
  LinkRequest,
  LinkSpent,
  LoggedIn,
  LoggedOut,
  LoginLink,
  LoginRequest,
  LoginUnreadable,
  OfUser,
  PasswordRequired,
  Unauthenticated,
  Verified,
  WrongPassword
} from "../../domain/User.ts"
import { LoginLimit } from "../RateLimits/Api.ts"

export const cookieName = "auth_token"

/** Where a request may show its access token: the first that is there decides. */
export const credentials = {
  header: HttpApiSecurity.apiKey({ in: "header", key: "x-api-key" }),
  bearer: HttpApiSecurity.bearer,
  cookie: HttpApiSecurity.apiKey({ in: "cookie", key: cookieName })
}

/**
 * Requires an access token.
 * @effect-expect-leaking HttpServerRequest | ParsedSearchParams | RouteContext
 */
export class Authenticated extends HttpApiMiddleware.Tag<Authenticated>()("parley/features/Auth/Api/Authenticated", {
  failure: Unauthenticated,
  provides: CurrentUser,
  security: credentials
}) {}

const login = <const Name extends string>(name: Name, path: `/${string}`) =>
  HttpApiEndpoint.post(name, path)
    .annotate(OpenApi.Summary, "Log in with a password")
    .setPayload(LoginRequest)
    .addSuccess(LoggedIn)
    .addError(PasswordRequired)
    .addError(LoginUnreadable)
    .addError(WrongPassword)
    .middleware(LoginLimit)

const verify = <const Name extends string>(name: Name, path: `/${string}`) =>
  HttpApiEndpoint.get(name, path)
    .annotate(OpenApi.Summary, "Read who a token belongs to")
    .addSuccess(Verified)
    .middleware(Authenticated)

/** The short paths are those of older clients. */
export class AuthApi extends HttpApiGroup.make("auth")
  .annotate(OpenApi.Description, "Ways in and out. The short paths are those of older clients.")
  .add(login("login", "/auth/login"))
  .add(login("loginShort", "/login"))
  .add(verify("verify", "/auth/verify"))
  .add(verify("verifyShort", "/verify"))
  .add(
    HttpApiEndpoint.post("link", "/auth/link")
      .annotate(OpenApi.Summary, "Log in by a one-time link")
      .setPayload(LinkRequest)
      .addSuccess(LoggedIn)
      .addError(LinkSpent)
      .middleware(LoginLimit)
  )
  .add(
    /** A one-time login, to open the same rooms elsewhere; the admin may make one for a guest who lost the token. */
    HttpApiEndpoint.post("makeLink", "/auth/links")
      .annotate(OpenApi.Summary, "Make a one-time link")
      .setPayload(OfUser)
      .addSuccess(LoginLink)
      .addError(FieldsRefused)
      .addError(AdminRequired)
      .addError(GuestsNotAllowed)
      .middleware(Authenticated)
  )
  .add(
    /** Ends the token that the request shows, and clears the cookie. */
    HttpApiEndpoint.post("logout", "/auth/logout")
      .annotate(OpenApi.Summary, "Log out")
      .addSuccess(LoggedOut)
      .addError(WriteRefused)
      .middleware(Authenticated)
  )
  .add(
    /** Ends every token that the identity was issued until now; the admin may name a guest. */
    HttpApiEndpoint.post("logoutEverywhere", "/auth/logout-everywhere")
      .annotate(OpenApi.Summary, "Log out everywhere")
      .setPayload(OfUser)
      .addSuccess(LoggedOut)
      .addError(FieldsRefused)
      .addError(AdminRequired)
      .addError(WriteRefused)
      .middleware(Authenticated)
  ) {}
