import { Effect } from "effect"
import * as Bell from "./bell.ts"

/**
 * What comes in one by one, for one reader at a time: kept until it is read, in its order, with nothing lost to a
 * reader that is interrupted. After the end every read fails with it.
 */
export const make = <A extends {}, E>() => {
  const waiting: Array<A> = []
  let ended: { readonly error: E } | null = null
  const bell = Bell.make(() => waiting.length > 0 || ended !== null)

  const read: Effect.Effect<A, E> = Effect.suspend(() => {
    const [first] = waiting.splice(0, 1)
    if (first !== undefined) return Effect.succeed(first)
    return ended === null ? next : Effect.fail(ended.error)
  })
  const next: Effect.Effect<A, E> = Effect.zipRight(bell.due, read)

  return {
    offer: (item: A) => {
      if (ended !== null) return
      waiting.push(item)
      bell.ring()
    },
    /** Only the first end counts. */
    end: (error: E) => {
      ended ??= { error }
      bell.ring()
    },
    next
  }
}
