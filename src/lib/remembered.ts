import { Effect } from "effect"

interface Options {
  /** What was read while this was the same number is what would be read now. */
  readonly version: () => number
  /** How many answers are kept at most. */
  readonly most: number
}

/** Answers by their keys, kept for as long as nothing changes. What changed while it was read is not kept. */
export const make = <A>({ most, version }: Options) => {
  const answers = new Map<string, A>()
  let of = version()

  const present = (key: string) => {
    if (of !== version()) answers.clear()
    of = version()
    return answers.get(key)
  }

  const keep = (key: string, answer: A, since: number) => {
    if (since !== version()) return
    if (answers.size >= most) answers.clear()
    answers.set(key, answer)
  }

  return {
    /** What is kept; it reads nothing. */
    present,
    get: <E, R>(key: string, read: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.suspend(() => {
        const known = present(key)
        if (known !== undefined) return Effect.succeed(known)
        const since = version()
        return Effect.tap(read, (answer) => Effect.sync(() => keep(key, answer, since)))
      })
  }
}
