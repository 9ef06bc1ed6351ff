import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, Option, Schema } from "effect"
import * as Time from "../domain/Time.ts"
import { Role } from "../domain/User.ts"
import * as Sql from "./Sql.ts"
import { Commit } from "./WriteQueue.ts"

interface Issued {
  readonly sha256: string
  readonly user_id: string
  /** In microseconds. */
  readonly at: number
}

/** What the logins of a role depend on, and the microsecond since when; what was issued by then does not hold. */
export const Grant = Schema.Struct({ role: Role, fingerprint: Schema.String, since: Schema.Int })
export type Grant = typeof Grant.Type

/** Which tokens were ended before their time. */
export class LoginRepo extends Context.Tag("parley/store/LoginRepo")<
  LoginRepo,
  {
    readonly isRevoked: (token: Issued) => Effect.Effect<boolean>
    readonly revoke: (sha256: string, expires_at: Time.Timestamp) => Effect.Effect<void, never, Commit>
    /** Revokes what this identity was issued at that microsecond or before. */
    readonly cutOff: (user_id: string, at: number, expires_at: Time.Timestamp) => Effect.Effect<void, never, Commit>
    /** Since when each role's tokens hold; nothing of a role that was never looked at. */
    readonly grants: Effect.Effect<ReadonlyArray<Grant>>
    readonly grant: (grant: Grant) => Effect.Effect<void, never, Commit>
    /** The microsecond of the latest cut-off; 0 without one. */
    readonly newest: Effect.Effect<number>
    /** Forgets up to `limit` of each kind that have run out anyway; gives how many. */
    readonly prune: (now: Time.Timestamp, limit: number) => Effect.Effect<number, never, Commit>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const found = Sql.first(Schema.Unknown)
const asGrants = Sql.all(Grant)
const asNewest = Sql.first(Schema.Struct({ newest: Schema.NullOr(Schema.Int) }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  return LoginRepo.of({
    isRevoked: ({ at, sha256, user_id }) =>
      Effect.map(
        found(sql`
          SELECT 1 FROM revoked_tokens WHERE sha256 = ${sha256}
          UNION ALL SELECT 1 FROM login_cutoffs WHERE user_id = ${user_id} AND cut_off >= ${at}`),
        Option.isSome
      ),

    revoke: (sha256, expires_at) =>
      Effect.zipRight(
        Commit,
        Effect.orDie(sql`
          INSERT INTO revoked_tokens ${sql.insert({ sha256, expires_at })} ON CONFLICT (sha256) DO NOTHING`)
      ),

    cutOff: (user_id, cut_off, expires_at) =>
      Effect.zipRight(
        Commit,
        Effect.orDie(sql`
          INSERT INTO login_cutoffs ${sql.insert({ user_id, cut_off, expires_at })}
          ON CONFLICT (user_id) DO UPDATE SET ${sql.update({ cut_off, expires_at })}
          WHERE login_cutoffs.cut_off < excluded.cut_off`)
      ),

    grants: asGrants(sql`SELECT role, fingerprint, since FROM login_grants`),

    grant: ({ fingerprint, role, since }) =>
      Effect.zipRight(
        Commit,
        Effect.orDie(sql`
          INSERT INTO login_grants ${sql.insert({ role, fingerprint, since })}
          ON CONFLICT (role) DO UPDATE SET ${sql.update({ fingerprint, since })}`)
      ),

    newest: Effect.map(
      asNewest(sql`
        SELECT max(at) AS newest
        FROM (SELECT cut_off AS at FROM login_cutoffs UNION ALL SELECT since FROM login_grants)`),
      Option.match({ onNone: () => 0, onSome: ({ newest }) => newest ?? 0 })
    ),

    prune: Effect.fn("LoginRepo.prune")(function* (now, limit) {
      yield* Commit
      const gone = yield* Effect.orDie(
        Effect.all([
          sql`DELETE FROM revoked_tokens WHERE sha256 IN (
            SELECT sha256 FROM revoked_tokens WHERE expires_at < ${now} ORDER BY expires_at LIMIT ${limit}
          ) RETURNING sha256`,
          sql`DELETE FROM login_cutoffs WHERE user_id IN (
            SELECT user_id FROM login_cutoffs WHERE expires_at < ${now} ORDER BY expires_at LIMIT ${limit}
          ) RETURNING user_id`
        ])
      )
      return Math.max(...gone.map((rows) => rows.length))
    })
  })
})
