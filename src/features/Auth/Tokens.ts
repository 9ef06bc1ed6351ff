import { Clock, Context, DateTime, Effect, Layer, Redacted, Schema } from "effect"
import { jwtVerify } from "jose"
import type { Unwritten } from "../../domain/Storage.ts"
import { Grants } from "./Grants.ts"
import * as Time from "../../domain/Time.ts"
import { type Identity, type Role, Unauthenticated, User } from "../../domain/User.ts"
import { sha256 } from "../../lib/hash.ts"
import { afterCommit, WriteQueue } from "../../store/WriteQueue.ts"
import { LoginRepo } from "../../store/LoginRepo.ts"
import { Secrets } from "../../process/Secrets.ts"
import { sign } from "../Sign.ts"

export class Tokens extends Context.Tag("parley/features/Auth/Tokens")<
  Tokens,
  {
    /** For seven days. */
    readonly issue: (user: User) => Effect.Effect<Identity>
    /**
     * Only access tokens of this server that have not run out or been revoked, and whose role is granted as it was when
     * they were issued. One that is known costs no statement.
     */
    readonly verify: (token: string) => Effect.Effect<Identity, Unauthenticated>
    /** Whose it is, if it was verified before and holds at that time, in milliseconds. */
    readonly known: (token: string, now: number) => User | undefined
    /** One that does not hold needs no end. */
    readonly revoke: (token: string) => Effect.Effect<void, Unwritten>
    /** All that this identity was issued until now; what it is issued next holds. */
    readonly revokeAll: (user_id: string) => Effect.Effect<void, Unwritten>
    /** Looks at what is granted; gives the roles of which no token from before holds. */
    readonly renew: Effect.Effect<ReadonlyArray<Role>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const Claims = Schema.Struct({
  ...User.fields,
  type: Schema.Literal("access_token"),
  iat: Schema.Number,
  exp: Schema.Number
})

const week = 168 * 3600
const remembered = 10_000

const make = Effect.gen(function* () {
  const { jwtSecret } = yield* Secrets
  const grants = yield* Grants
  const repo = yield* LoginRepo
  const queue = yield* WriteQueue
  const key = new TextEncoder().encode(Redacted.value(jwtSecret))
  const verified = new Map<string, Identity>()
  let revocations = 0
  let last = yield* repo.newest

  // Microseconds that never repeat: of a cut-off and a token in one millisecond, it is known which came first.
  const tick = Effect.map(Clock.currentTimeMillis, (now) => (last = Math.max(now * 1000, last + 1)))

  const decode = Effect.fnUntraced(function* (token: string) {
    const now = yield* DateTime.now
    const { payload } = yield* Effect.tryPromise(() =>
      jwtVerify(token, key, { algorithms: ["HS256"], currentDate: DateTime.toDate(now) })
    )
    return yield* Schema.decodeUnknown(Claims)(payload)
  })

  const check = Effect.fnUntraced(function* (token: string) {
    const before = revocations
    const { exp, iat, role, user_id } = yield* decode(token)
    const hash = yield* sha256([token])
    const at = Math.round(iat * 1e6)
    if (yield* repo.isRevoked({ sha256: hash, user_id, at })) return yield* Unauthenticated.of()
    if (!grants.holds(role, at)) return yield* Unauthenticated.of()
    const identity: Identity = { user: { role, user_id }, token, until: exp * 1000 }
    // What was read before a revocation is not kept after it.
    if (before === revocations) remember(identity)
    return identity
  })

  const remember = (identity: Identity) => {
    const [oldest] = verified.size >= remembered ? verified.keys() : []
    if (oldest !== undefined) verified.delete(oldest)
    verified.set(identity.token, identity)
  }

  const known = (token: string, now: number) => {
    const found = verified.get(token)
    return found !== undefined && found.until > now ? found : undefined
  }

  const forget = (isGone: (token: string, user: User) => boolean) =>
    Effect.sync(() => {
      revocations += 1
      for (const [token, { user }] of verified) if (isGone(token, user)) verified.delete(token)
    })

  return Tokens.of({
    issue: Effect.fnUntraced(function* (user) {
      const from = (yield* tick) / 1e6
      const token = yield* sign(jwtSecret, user, { from, seconds: week })
      return { user, token, until: (Math.floor(from) + week) * 1000 }
    }),

    known: (token, now) => known(token, now)?.user,

    verify: (token) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const identity = known(token, now)
        if (identity !== undefined) return Effect.succeed(identity)
        verified.delete(token)
        return Effect.mapError(check(token), () => Unauthenticated.of())
      }),

    revoke: Effect.fn("Tokens.revoke")(function* (token) {
      const claims = yield* Effect.option(decode(token))
      if (claims._tag === "None") return
      const hash = yield* sha256([token])
      yield* queue.write(
        Effect.zipRight(
          repo.revoke(hash, Time.at(claims.value.exp * 1000)),
          afterCommit(forget((one) => one === token))
        )
      )
    }),

    revokeAll: Effect.fn("Tokens.revokeAll")(function* (user_id) {
      const at = yield* tick
      const ran = Time.at(at / 1000 + week * 1000)
      yield* queue.write(
        Effect.zipRight(repo.cutOff(user_id, at, ran), afterCommit(forget((_, user) => user.user_id === user_id)))
      )
    }),

    renew: Effect.gen(function* () {
      const ended = yield* grants.renew(yield* tick)
      if (ended.length > 0) yield* forget((_, { role }) => ended.includes(role))
      return ended
    })
  })
})
