import { HttpApiSchema } from "@effect/platform"
import { Context, Schema } from "effect"
import { exact } from "./Body.ts"
import { ErrorBody } from "./Error.ts"

export const Role = Schema.Literal("admin", "guest")
export type Role = typeof Role.Type

export const User = Schema.Struct({ role: Role, user_id: Schema.String })
export type User = typeof User.Type

export const admin: User = { role: "admin", user_id: "admin" }

export const GuestId = Schema.String.pipe(Schema.pattern(/^guest-[0-9a-f]{12}$/))
const UserId = Schema.Union(Schema.Literal("admin"), GuestId)

/** Whose rooms these are, once they have a token again. */
export const userOf = (user_id: string): User => ({ role: user_id === "admin" ? "admin" : "guest", user_id })

/**
 * Who asks, by the claims of a verified token and nothing else.
 * @effect-leakable-service
 */
export class CurrentUser extends Context.Tag("parley/domain/User/CurrentUser")<CurrentUser, User>() {}

/** Who shows a token, the token, and when it runs out, in milliseconds. */
export interface Identity {
  readonly user: User
  readonly token: string
  readonly until: number
}

/** Why a login is over while its holder is there. */
export type LoginEnd = "expired" | "revoked"

/**
 * Who follows a stream, and by which token.
 * @effect-leakable-service
 */
export class Reader extends Context.Tag("parley/domain/User/Reader")<Reader, Identity>() {}

export const LoginRequest = Schema.Struct({ password: Schema.NonEmptyString })
export const LinkRequest = Schema.Struct({ token: Schema.NonEmptyString.pipe(Schema.maxLength(1024)) })

/** Without a body, or a name in it, the caller's own. */
export const OfUser = Schema.NullOr(
  Schema.Struct({ user_id: Schema.optionalWith(UserId, { nullable: true }) }).annotations(exact)
)

export const LoggedOut = Schema.Struct({ success: Schema.Literal(true), message: Schema.String })
export const LoginLink = Schema.Struct({ token: Schema.String, url: Schema.String, expires_in: Schema.Int })

export const LoggedIn = Schema.Struct({
  success: Schema.Literal(true),
  api_key: Schema.String,
  message: Schema.String,
  ...User.fields
}).annotations({ identifier: "LoggedIn" })
export const Verified = Schema.Struct({
  success: Schema.Literal(true),
  message: Schema.String,
  ...User.fields
}).annotations({ identifier: "Verified" })

export class Unauthenticated extends Schema.TaggedError<Unauthenticated>()(
  "Unauthenticated",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 401 })
) {
  static readonly of = () => new Unauthenticated({ detail: "Invalid or missing authentication token" })
}

export class WrongPassword extends Schema.TaggedError<WrongPassword>()(
  "WrongPassword",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 401 })
) {
  static readonly of = () => new WrongPassword({ detail: "Invalid password" })
}

export class PasswordRequired extends Schema.TaggedError<PasswordRequired>()(
  "PasswordRequired",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 400 })
) {
  static readonly of = () => new PasswordRequired({ detail: "Password is required" })
}

export class LoginUnreadable extends Schema.TaggedError<LoginUnreadable>()(
  "LoginUnreadable",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 400 })
) {
  static readonly of = () => new LoginUnreadable({ detail: "Invalid request body" })
}

export class LinkSpent extends Schema.TaggedError<LinkSpent>()(
  "LinkSpent",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 401 })
) {
  static readonly of = () => new LinkSpent({ detail: "This login link was used already or is too old" })
}

/** A guest is meant, and there may be none. */
export class GuestsNotAllowed extends Schema.TaggedError<GuestsNotAllowed>()(
  "GuestsNotAllowed",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 403 })
) {
  static readonly of = () => new GuestsNotAllowed({ detail: "Guests are switched off (ENABLE_GUEST_LOGIN)" })
}

export class AdminRequired extends Schema.TaggedError<AdminRequired>()(
  "AdminRequired",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 403 })
) {
  static readonly of = () =>
    new AdminRequired({
      detail: "This action requires admin privileges. Guests can chat but cannot modify rooms, agents, or messages."
    })
}
