import { Clock, Context, Effect, Layer, Schedule, type Scope } from "effect"
import { TooManyStreams } from "../domain/Limit.ts"
import type { Identity, LoginEnd } from "../domain/User.ts"
import { held } from "../lib/scopes.ts"
import { LiveSettings } from "../process/Settings.ts"

/** Called once, when the reader must go. */
type End = (why: LoginEnd) => void

export class OpenStreams extends Context.Tag("parley/features/OpenStreams")<
  OpenStreams,
  {
    /**
     * Counts a stream until the scope closes. It is ended within two seconds after its holder's token has run out, also
     * when the clock of the machine is set back meanwhile.
     */
    readonly open: (holder: Identity, end: End) => Effect.Effect<void, TooManyStreams, Scope.Scope>
    readonly end: (isMeant: (holder: Identity) => boolean, why: LoginEnd) => Effect.Effect<void>
    readonly stats: Effect.Effect<{ readonly open: number; readonly limit: number }>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

interface Open {
  readonly holder: Identity
  readonly end: End
  /** The last moment of the token, in milliseconds of a clock that is never set. */
  readonly last: number
}

const cadence = "1 second"

const monotonic = Effect.map(Clock.currentTimeNanos, (now) => Number(now / 1_000_000n))

const make = Effect.gen(function* () {
  const { current } = yield* LiveSettings
  /** Whose readers may stay. */
  const all = new Set<Open>()
  const counts = new Map<string, number>()
  let size = 0

  const add = (user_id: string, change: number) => {
    size += change
    const count = (counts.get(user_id) ?? 0) + change
    if (count === 0) counts.delete(user_id)
    else counts.set(user_id, count)
  }

  const end = (isMeant: (open: Open) => boolean, why: LoginEnd) => {
    for (const open of all) {
      if (!isMeant(open)) continue
      all.delete(open)
      open.end(why)
    }
  }

  const close = (stream: Open) => {
    all.delete(stream)
    add(stream.holder.user.user_id, -1)
    if (all.size === 0) some.unsafeClose()
  }

  const sweep = Effect.zipWith(Clock.currentTimeMillis, monotonic, (now, ticks) =>
    end(({ holder, last }) => holder.until <= now || last <= ticks, "expired")
  )
  // One fiber looks at all, while there are any: a timer for each would take more memory than the rest of a stream.
  const some = yield* Effect.makeLatch()
  const turn = Effect.zipRight(some.await, sweep)
  yield* Effect.forkScoped(Effect.repeat(turn, Schedule.spaced(cadence)))

  return OpenStreams.of({
    stats: Effect.sync(() => ({ open: size, limit: current().MAX_STREAMS })),

    open: (holder, end) =>
      held(
        Effect.flatMap(Effect.all([Clock.currentTimeMillis, monotonic]), ([now, ticks]) => {
          const { user_id } = holder.user
          const { MAX_STREAMS, MAX_STREAMS_PER_USER } = current()
          if (size >= MAX_STREAMS) return TooManyStreams.of("server", MAX_STREAMS)
          if ((counts.get(user_id) ?? 0) >= MAX_STREAMS_PER_USER) return TooManyStreams.of("user", MAX_STREAMS_PER_USER)
          const stream = { holder, end, last: ticks + holder.until - now }
          all.add(stream)
          add(user_id, 1)
          return Effect.as(some.open, stream)
        }),
        close
      ),

    end: (isMeant, why) => Effect.sync(() => end(({ holder }) => isMeant(holder), why))
  })
})
