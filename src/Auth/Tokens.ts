import { Clock, Context, DateTime, Effect, Layer, Redacted, Schema } from "effect"
import { jwtVerify } from "jose"
import type { Unwritten } from "../domain/Storage.ts"
import * as Time from "../domain/Time.ts"
import { type Identity, Unauthenticated, User } from "../domain/User.ts"
import { sha256 } from "../lib/hash.ts"
import { afterCommit, WriteQueue } from "../WriteQueue.ts"
import { LoginRepo } from "./Repo.ts"
import { Secrets } from "./Secrets.ts"
import { sign } from "./Sign.ts"

export class Tokens extends Context.Tag("parley/Auth/Tokens")<
  Tokens,
  {
    /** For seven days. */
    readonly issue: (user: User) => Effect.Effect<Identity>
    /** Only access tokens of this server that have not run out or been revoked. One that is known costs no statement. */
    readonly verify: (token: string) => Effect.Effect<User, Unauthenticated>
    /** Whose it is, if it was verified before and holds at that time, in milliseconds. */
    readonly known: (token: string, now: number) => User | undefined
    /** One that does not hold needs no end. */
    readonly revoke: (token: string) => Effect.Effect<void, Unwritten>
    /** All that this identity was issued until now; what it is issued next holds. */
    readonly revokeAll: (user_id: string) => Effect.Effect<void, Unwritten>
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
  const repo = yield* LoginRepo
  const queue = yield* WriteQueue
  const key = new TextEncoder().encode(Redacted.value(jwtSecret))
  const verified = new Map<string, { readonly user: User; readonly until: number }>()
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
    if (yield* repo.isRevoked({ sha256: hash, user_id, at: Math.round(iat * 1e6) })) return yield* Unauthenticated.of()
    const user: User = { role, user_id }
    // What was read before a revocation is not kept after it.
    if (before === revocations) remember(token, { user, until: exp * 1000 })
    return user
  })

  const remember = (token: string, known: { readonly user: User; readonly until: number }) => {
    const [oldest] = verified.size >= remembered ? verified.keys() : []
    if (oldest !== undefined) verified.delete(oldest)
    verified.set(token, known)
  }

  const known = (token: string, now: number) => {
    const found = verified.get(token)
    return found !== undefined && found.until > now ? found.user : undefined
  }

  const forget = (isGone: (token: string, user: User) => boolean) =>
    Effect.sync(() => {
      revocations += 1
      for (const [token, { user }] of verified) if (isGone(token, user)) verified.delete(token)
    })

  return Tokens.of({
    issue: Effect.fnUntraced(function* (user) {
      const at = (yield* tick) / 1e6
      const token = yield* sign(jwtSecret, user, { from: at, seconds: week })
      return { user, token }
    }),

    known,

    verify: (token) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const user = known(token, now)
        if (user !== undefined) return Effect.succeed(user)
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
    })
  })
})
