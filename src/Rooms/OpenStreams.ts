import { Context, Effect, Layer, type Scope } from "effect"
import { TooManyStreams } from "../domain/Limit.ts"
import type { Identity } from "../domain/User.ts"
import { LiveSettings } from "../Settings.ts"

export class OpenStreams extends Context.Tag("parley/Rooms/OpenStreams")<
  OpenStreams,
  {
    /** Counts a stream until the scope closes. `end` is called once when its reader must go. */
    readonly open: (holder: Identity, end: () => void) => Effect.Effect<void, TooManyStreams, Scope.Scope>
    readonly end: (isMeant: (holder: Identity) => boolean) => Effect.Effect<void>
    readonly stats: Effect.Effect<{ readonly open: number; readonly limit: number }>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

interface Open {
  readonly holder: Identity
  readonly end: () => void
}

const make = Effect.gen(function* () {
  const { current } = yield* LiveSettings
  const all = new Set<Open>()
  const counts = new Map<string, number>()

  const add = (user_id: string, change: number) => {
    const count = (counts.get(user_id) ?? 0) + change
    if (count === 0) counts.delete(user_id)
    else counts.set(user_id, count)
  }

  return OpenStreams.of({
    stats: Effect.sync(() => ({ open: all.size, limit: current().MAX_STREAMS })),

    open: (holder, end) =>
      Effect.acquireRelease(
        Effect.suspend(() => {
          const { user_id } = holder.user
          const { MAX_STREAMS, MAX_STREAMS_PER_USER } = current()
          if (all.size >= MAX_STREAMS) return TooManyStreams.of("server", MAX_STREAMS)
          if ((counts.get(user_id) ?? 0) >= MAX_STREAMS_PER_USER) return TooManyStreams.of("user", MAX_STREAMS_PER_USER)
          const stream = { holder, end }
          all.add(stream)
          add(user_id, 1)
          return Effect.succeed(stream)
        }),
        (stream) =>
          Effect.sync(() => {
            all.delete(stream)
            add(holder.user.user_id, -1)
          })
      ),

    end: (isMeant) =>
      Effect.sync(() => {
        for (const { end, holder } of all) if (isMeant(holder)) end()
      })
  })
})
