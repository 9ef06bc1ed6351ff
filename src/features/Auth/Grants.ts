import { Context, Effect, Layer, Option, Redacted } from "effect"
import type { Unwritten } from "../../domain/Storage.ts"
import type { Role } from "../../domain/User.ts"
import { sha256 } from "../../lib/hash.ts"
import { WriteQueue } from "../../store/WriteQueue.ts"
import { type Grant, LoginRepo } from "../../store/LoginRepo.ts"
import { Secrets } from "../../process/Secrets.ts"

export class Grants extends Context.Tag("parley/features/Auth/Grants")<
  Grants,
  {
    /** Whether what the role was issued at that microsecond holds. */
    readonly holds: (role: Role, at: number) => boolean
    /** Whether anything may be issued to the role. */
    readonly isOpen: (role: Role) => boolean
    /**
     * Looks at the passwords and at whether there may be guests. Where that is not as it was, nothing holds that was
     * issued until `at`; gives those roles.
     */
    readonly renew: (at: number) => Effect.Effect<ReadonlyArray<Role>>
    /** Keeps what was found for the next start. */
    readonly keep: Effect.Effect<void, Unwritten>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const roles = ["admin", "guest"] as const
const closed = "closed"

const make = Effect.gen(function* () {
  const { passwords } = yield* Secrets
  const repo = yield* LoginRepo
  const queue = yield* WriteQueue
  const grants = new Map<Role, Grant>((yield* repo.grants).map((grant) => [grant.role, grant]))
  const unkept = new Set<Role>()

  const fingerprint = (role: Role) => {
    const { admin, guest, guests } = passwords()
    if (role === "guest" && !guests) return Effect.succeed(closed)
    const hash =
      role === "admin" ? Redacted.value(admin) : Option.match(guest, { onNone: () => "", onSome: Redacted.value })
    return sha256([role, hash])
  }

  const isOpen = (role: Role) => grants.get(role)?.fingerprint !== closed

  return Grants.of({
    isOpen,

    holds: (role, at) => isOpen(role) && at > (grants.get(role)?.since ?? 0),

    renew: (at) =>
      Effect.filter(roles, (role) =>
        Effect.map(fingerprint(role), (found) => {
          const before = grants.get(role)
          if (before?.fingerprint === found) return false
          // Logins from before anybody looked, also those of the service that Parley replaces, go on.
          grants.set(role, { role, fingerprint: found, since: before === undefined ? 0 : at })
          unkept.add(role)
          return before !== undefined || found === closed
        })
      ),

    keep: Effect.suspend(() => {
      const found = Array.from(grants.values()).filter(({ role }) => unkept.has(role))
      if (found.length === 0) return Effect.void
      return Effect.zipRight(
        queue.write(Effect.forEach(found, repo.grant, { discard: true })),
        Effect.sync(() => {
          for (const grant of found) if (grants.get(grant.role) === grant) unkept.delete(grant.role)
        })
      )
    })
  })
})
