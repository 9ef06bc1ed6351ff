import bcrypt from "bcrypt"
import { Context, Effect, Equal, Layer, Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { Grants } from "./Auth/Grants.ts"
import * as OneTime from "./Auth/OneTime.ts"
import { Secrets } from "../process/Secrets.ts"
import { Tokens } from "./Auth/Tokens.ts"
import type { Unwritten } from "../domain/Storage.ts"
import type { RoomId } from "../domain/RoomId.ts"
import {
  admin,
  AdminRequired,
  CurrentUser,
  GuestsNotAllowed,
  type Identity,
  LinkSpent,
  Unauthenticated,
  type User,
  userOf,
  WrongPassword
} from "../domain/User.ts"
import { OpenStreams } from "./OpenStreams.ts"

export class Auth extends Context.Tag("parley/features/Auth")<
  Auth,
  {
    /** A token for seven days. The hash is compared off the event loop. */
    readonly login: (password: string) => Effect.Effect<Identity, WrongPassword>
    /** A token of whom the link was for, if it was not used yet. */
    readonly exchange: (link: string) => Effect.Effect<Identity, LinkSpent>
    /** A login link's token: usable once, for 15 minutes, until the server stops or the identity's logins are ended. */
    readonly link: (user: User) => Effect.Effect<string>
    /** A link for the caller; the admin may name somebody else. */
    readonly linkFor: (
      user_id: string | undefined
    ) => Effect.Effect<string, AdminRequired | GuestsNotAllowed, CurrentUser>
    /**
     * Only access tokens of this server that have not run out or been revoked, and that were issued under the passwords
     * of now, for guests since they are allowed.
     */
    readonly verify: (token: string) => Effect.Effect<Identity, Unauthenticated>
    /** Whose it is, if it was verified before and holds at that time, in milliseconds. */
    readonly known: (token: string, now: number) => User | undefined
    /** Ends the token, and the streams that it opened. */
    readonly logout: (token: string) => Effect.Effect<void, Unwritten>
    /** The same for all that the caller was issued until now; the admin may name somebody else. */
    readonly logoutEverywhere: (
      user_id: string | undefined
    ) => Effect.Effect<void, Unwritten | AdminRequired, CurrentUser>
    /** Ends every login, link and stream of a role whose password is another, and of guests that may not be. */
    readonly renew: Effect.Effect<void, Unwritten>
    /** Stands for the token once, at the room's stream; without a room, at that of all. */
    readonly ticket: (room: RoomId | null, holder: Identity) => Effect.Effect<string>
    readonly redeem: (room: number | null, ticket: string) => Effect.Effect<Identity, Unauthenticated>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  ).pipe(Layer.provide(Tokens.layer), Layer.provide(Grants.layer))
}

/** Lets only the admin pass. */
export const asAdmin = Effect.filterOrFail(
  CurrentUser,
  (user) => user.role === "admin",
  () => AdminRequired.of()
)

export const linkSeconds = 15 * 60
export const ticketSeconds = 60

const guest = Effect.sync(() => userOf(`guest-${randomBytes(6).toString("hex")}`))

/** Whom the caller means; only the admin may mean others. */
const meant = Effect.fnUntraced(function* (user_id: string | undefined) {
  const user = yield* CurrentUser
  if (user_id === undefined || user_id === user.user_id) return user
  yield* asAdmin
  return userOf(user_id)
})

const make = Effect.gen(function* () {
  const { passwords } = yield* Secrets
  const grants = yield* Grants
  const tokens = yield* Tokens
  const streams = yield* OpenStreams
  const links = OneTime.make<User>({ seconds: linkSeconds, perOwner: 10, inAll: 1000 })
  const tickets = OneTime.make<{ readonly room: number | null; readonly token: string }>({
    seconds: ticketSeconds,
    perOwner: 100,
    inAll: 10_000
  })

  const matches = (password: string, hash: Redacted.Redacted) =>
    Effect.promise(() => bcrypt.compare(password, Redacted.value(hash)))

  const link = (user: User) => links.issue(user.user_id, user)

  const renew = Effect.gen(function* () {
    const roles = yield* tokens.renew
    const isEnded = (user: User) => roles.includes(user.role)
    yield* links.forget((owner) => isEnded(userOf(owner)))
    yield* streams.end(({ user }) => isEnded(user), "revoked")
    yield* grants.keep
  }).pipe(Effect.uninterruptible)

  // Once before anybody comes: the passwords may have been changed while the server was down.
  yield* renew

  return Auth.of({
    login: Effect.fn("Auth.login")(function* (password) {
      const asked = passwords()
      if (yield* matches(password, asked.admin)) {
        // It may have been changed while it was compared.
        return yield* Equal.equals(passwords().admin, asked.admin) ? tokens.issue(admin) : WrongPassword.of()
      }
      const isGuest = Option.isSome(asked.guest) && (yield* matches(password, asked.guest.value))
      const isSame = Equal.equals(passwords().guest, asked.guest)
      return yield* isGuest && isSame ? Effect.flatMap(guest, tokens.issue) : WrongPassword.of()
    }),

    exchange: Effect.fn("Auth.exchange")(function* (secret) {
      const user = yield* links.take(secret)
      return yield* Option.match(user, { onNone: LinkSpent.of, onSome: tokens.issue })
    }),

    link,
    linkFor: Effect.fn("Auth.linkFor")((user_id) =>
      Effect.flatMap(meant(user_id), (user) => (grants.isOpen(user.role) ? link(user) : GuestsNotAllowed.of()))
    ),
    verify: tokens.verify,
    known: tokens.known,

    logout: Effect.fn("Auth.logout")((token) =>
      Effect.zipRight(
        tokens.revoke(token),
        streams.end((holder) => holder.token === token, "revoked")
      )
    ),

    logoutEverywhere: Effect.fn("Auth.logoutEverywhere")(function* (user_id) {
      const user = yield* meant(user_id)
      yield* links.forget((owner) => owner === user.user_id)
      yield* tokens.revokeAll(user.user_id)
      yield* streams.end((holder) => holder.user.user_id === user.user_id, "revoked")
    }, Effect.uninterruptible),

    renew,

    ticket: (room, { token, user }) => tickets.issue(user.user_id, { room, token }),

    redeem: Effect.fn("Auth.redeem")(function* (room, ticket) {
      const found = Option.filter(yield* tickets.take(ticket), (one) => one.room === room)
      if (Option.isNone(found)) return yield* Unauthenticated.of()
      const { token } = found.value
      return yield* tokens.verify(token)
    })
  })
})
