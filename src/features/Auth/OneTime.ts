import { Clock, Effect, Option } from "effect"
import { randomBytes } from "node:crypto"

interface Held<A> {
  readonly owner: string
  readonly value: A
  readonly until: number
}

/**
 * Secrets that can be exchanged once, until they run out or the server stops. Each kind has its own, so that none is
 * taken for another. The oldest gives way: of an owner that has `perOwner`, else of all when there are `inAll`.
 */
export const make = <A>(bounds: { readonly seconds: number; readonly perOwner: number; readonly inAll: number }) => {
  const held = new Map<string, Held<A>>()

  const tidy = (owner: string, now: number) => {
    for (const [secret, { until }] of held) if (until <= now) held.delete(secret)
    const own = Array.from(held).flatMap(([secret, one]) => (one.owner === owner ? [secret] : []))
    for (const secret of own.slice(0, Math.max(0, own.length - bounds.perOwner + 1))) held.delete(secret)
    for (const secret of held.keys()) {
      if (held.size < bounds.inAll) break
      held.delete(secret)
    }
  }

  return {
    issue: (owner: string, value: A) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        tidy(owner, now)
        const secret = randomBytes(24).toString("base64url")
        held.set(secret, { owner, value, until: now + bounds.seconds * 1000 })
        return secret
      }),

    take: (secret: string) =>
      Effect.map(Clock.currentTimeMillis, (now): Option.Option<A> => {
        const found = held.get(secret)
        held.delete(secret)
        return found !== undefined && found.until > now ? Option.some(found.value) : Option.none()
      }),

    forget: (isMeant: (owner: string) => boolean) =>
      Effect.sync(() => {
        for (const [secret, { owner }] of held) if (isMeant(owner)) held.delete(secret)
      })
  }
}
