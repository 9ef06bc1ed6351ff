import { Effect, Redacted } from "effect"
import { SignJWT } from "jose"
import type { User } from "../domain/User.ts"

interface Validity {
  /** Seconds since the epoch; may have a fraction. */
  readonly from: number
  readonly seconds: number
}

/** An access token: a JWT by HS256 with the claims `exp`, `iat`, `type`, `role` and `user_id`. */
export const sign = (secret: Redacted.Redacted, user: User, { from, seconds }: Validity) => {
  const jwt = new SignJWT({ ...user, type: "access_token" }).setProtectedHeader({ alg: "HS256" })
  const key = new TextEncoder().encode(Redacted.value(secret))
  return Effect.promise(() =>
    jwt
      .setIssuedAt(from)
      .setExpirationTime(Math.floor(from) + seconds)
      .sign(key)
  )
}
