import { HttpApiSchema } from "@effect/platform"
import { Context, Schema } from "effect"
import { ErrorBody } from "./Error.ts"

export const Role = Schema.Literal("admin", "guest")
export type Role = typeof Role.Type

export const User = Schema.Struct({ role: Role, user_id: Schema.String })
export type User = typeof User.Type

/**
 * Who asks, by the claims of a verified token and nothing else.
 * @effect-leakable-service
 */
export class CurrentUser extends Context.Tag("parley/domain/User/CurrentUser")<CurrentUser, User>() {}

export const LoginRequest = Schema.Struct({ password: Schema.NonEmptyString.pipe(Schema.maxLength(1024)) })
export const LinkRequest = Schema.Struct({ token: Schema.NonEmptyString.pipe(Schema.maxLength(1024)) })

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

export class LinkSpent extends Schema.TaggedError<LinkSpent>()(
  "LinkSpent",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 401 })
) {
  static readonly of = () => new LinkSpent({ detail: "This login link was used already or is too old" })
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
