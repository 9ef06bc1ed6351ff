import { Clock, Effect } from "effect"
import { SignJWT, UnsecuredJWT } from "jose"
import { Auth } from "../../src/features/Auth.ts"
import { admin } from "../../src/domain/User.ts"

const claims = { role: "admin", user_id: "admin", type: "access_token" }

const sign = (payload: Record<string, unknown>, expires: string | number, key: string) =>
  Effect.promise(() =>
    new SignJWT(payload)
      .setProtectedHeader({ alg: "HS256" })
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(new TextEncoder().encode(key))
  )

const tampered = (token: string) => {
  const [head, , signature] = token.split(".")
  const payload = Buffer.from(`{"role":"admin","user_id":"admin","type":"access_token","exp":99999999999}`)
  return [head, payload.toString("base64url"), signature].join(".")
}

/** Tokens that open no door of the house with this secret, by what is wrong with them. */
export const badTokens = Effect.fn(function* (secret: string) {
  const auth = yield* Auth
  const { token } = yield* auth.login("guest")
  const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  return {
    none: null,
    empty: "",
    garbage: "garbage",
    "half a token": token.slice(0, -10),
    tampered: tampered(token),
    "signed by nobody": new UnsecuredJWT(claims).setExpirationTime("1h").encode(),
    "signed with another key": yield* sign(claims, "1h", "another key, long enough for its purpose also"),
    expired: yield* sign(claims, now - 1, secret),
    "a stream ticket": yield* sign({ ...claims, type: "sse_ticket" }, "1h", secret),
    "of no kind": yield* sign({ role: "admin", user_id: "admin" }, "1h", secret),
    "of no role": yield* sign({ user_id: "admin", type: "access_token" }, "1h", secret),
    "of an unknown role": yield* sign({ ...claims, role: "root" }, "1h", secret),
    "a login link": yield* auth.link(admin)
  }
})
