import bcrypt from "bcrypt"
import { Clock, Context, DateTime, Effect, Layer, Option, Redacted, Schema } from "effect"
import { jwtVerify, SignJWT } from "jose"
import { randomBytes } from "node:crypto"
import { Secrets } from "./Auth/Secrets.ts"
import { AdminRequired, CurrentUser, LinkSpent, Unauthenticated, User, WrongPassword } from "./domain/User.ts"

export class Auth extends Context.Tag("parley/Auth")<
  Auth,
  {
    /** A token for seven days. The hash is compared off the event loop. */
    readonly login: (password: string) => Effect.Effect<Login, WrongPassword>
    /** The admin's token, for a link that was not used yet. */
    readonly exchange: (link: string) => Effect.Effect<Login, LinkSpent>
    /** A login link's token: admin, usable once, for 15 minutes, until the server stops. */
    readonly link: Effect.Effect<string>
    /** Only access tokens of this server that have not run out. */
    readonly verify: (token: string) => Effect.Effect<User, Unauthenticated>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export interface Login {
  readonly user: User
  readonly token: string
}

/** Lets only the admin pass. */
export const asAdmin = Effect.filterOrFail(
  CurrentUser,
  (user) => user.role === "admin",
  () => AdminRequired.of()
)

const Claims = Schema.Struct({ ...User.fields, type: Schema.Literal("access_token"), exp: Schema.Number })

const week = 168 * 3600
const quarter = 15 * 60_000
const remembered = 10_000

const make = Effect.gen(function* () {
  const { adminHash, guestHash, jwtSecret } = yield* Secrets
  const key = new TextEncoder().encode(Redacted.value(jwtSecret))
  const links = new Map<string, number>()
  const verified = new Map<string, { readonly user: User; readonly until: number }>()

  const issue = Effect.fnUntraced(function* (user: User) {
    const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const jwt = new SignJWT({ ...user, type: "access_token" }).setProtectedHeader({ alg: "HS256" })
    const token = yield* Effect.promise(() =>
      jwt
        .setIssuedAt(now)
        .setExpirationTime(now + week)
        .sign(key)
    )
    return { user, token }
  })

  const matches = (password: string, hash: Redacted.Redacted) =>
    Effect.promise(() => bcrypt.compare(password, Redacted.value(hash)))

  const admin: User = { role: "admin", user_id: "admin" }
  const guest = Effect.sync((): User => ({ role: "guest", user_id: `guest-${randomBytes(6).toString("hex")}` }))

  const check = Effect.fnUntraced(function* (token: string) {
    const now = yield* Clock.currentTimeMillis
    const claims = yield* Effect.tryPromise(() =>
      jwtVerify(token, key, { algorithms: ["HS256"], currentDate: DateTime.toDate(DateTime.unsafeMake(now)) })
    ).pipe(Effect.flatMap(({ payload }) => Schema.decodeUnknown(Claims)(payload)))
    const user: User = { role: claims.role, user_id: claims.user_id }
    if (verified.size >= remembered) verified.clear()
    verified.set(token, { user, until: claims.exp * 1000 })
    return user
  })

  return Auth.of({
    login: Effect.fn("Auth.login")(function* (password) {
      if (yield* matches(password, adminHash)) return yield* issue(admin)
      const isGuest = Option.isSome(guestHash) && (yield* matches(password, guestHash.value))
      return yield* isGuest ? Effect.flatMap(guest, issue) : WrongPassword.of()
    }),

    exchange: Effect.fn("Auth.exchange")(function* (link) {
      const now = yield* Clock.currentTimeMillis
      const until = links.get(link) ?? 0
      links.delete(link)
      return yield* until > now ? issue(admin) : LinkSpent.of()
    }),

    link: Effect.map(Clock.currentTimeMillis, (now) => {
      const token = randomBytes(24).toString("base64url")
      links.set(token, now + quarter)
      return token
    }),

    verify: (token) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const known = verified.get(token)
        if (known !== undefined && known.until > now) return Effect.succeed(known.user)
        verified.delete(token)
        return Effect.mapError(check(token), () => Unauthenticated.of())
      })
  })
})
