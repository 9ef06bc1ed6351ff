import { Context, Effect, Layer, RcMap } from "effect"
import * as Permits from "../lib/permits.ts"

export class PathLocks extends Context.Tag("parley/personas/PathLocks")<
  PathLocks,
  {
    /** One at a time of all who name this path. An agent's folder is named by its own path, links followed. */
    readonly alone: <A, E, R>(path: string, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const locks = yield* RcMap.make({ lookup: (_path: string) => Effect.sync(() => Permits.make(1)) })
  return PathLocks.of({
    alone: (path, effect) => Effect.scoped(Effect.flatMap(RcMap.get(locks, path), (lock) => lock.with(effect)))
  })
})
