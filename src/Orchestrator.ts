import { Cause, Context, Deferred, Effect, FiberId, FiberSet, Layer } from "effect"
import { Closing } from "./Closing.ts"
import type { RoomId } from "./domain/RoomId.ts"
import type { StopReason, Trigger } from "./domain/Round.ts"
import { Rounds } from "./Orchestrator/Round.ts"

export class Orchestrator extends Context.Tag("parley/Orchestrator")<
  Orchestrator,
  {
    /**
     * Asks for a round and returns at once. A round under way is stopped, and has cleaned up before the new one begins;
     * of several triggers that wait, the newest is played.
     */
    readonly trigger: (roomId: RoomId, trigger: Trigger) => Effect.Effect<void>
    /** Returns when the room is quiet: nobody speaks in it before the next trigger. */
    readonly stop: (roomId: RoomId, reason: StopReason) => Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

/** A room at work. It is forgotten the moment its fiber has nothing more to do. */
interface Busy {
  next: Trigger | null
  stop: Deferred.Deferred<StopReason>
  readonly quiet: Deferred.Deferred<void>
}

const make = Effect.gen(function* () {
  const closing = yield* Closing
  const rounds = yield* Rounds
  const rooms = new Map<RoomId, Busy>()
  const fibers = yield* FiberSet.make<void>()
  // Runs before the fibers are interrupted: rooms begin no turn any more, the ones under way may end.
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(closing.left, (left) =>
      FiberSet.awaitEmpty(fibers).pipe(Effect.interruptible, Effect.timeoutOption(left), Effect.ignoreLogged)
    )
  )

  const play = (roomId: RoomId, trigger: Trigger, busy: Busy) =>
    rounds.play(roomId, trigger, Deferred.await(busy.stop)).pipe(
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : Effect.logError("a round broke", cause)
      ),
      Effect.annotateLogs({ roomId })
    )

  const forget = (roomId: RoomId, busy: Busy) =>
    Effect.suspend(() => {
      // The room may be at work again already, for a trigger that came after this one's last look.
      if (rooms.get(roomId) === busy) rooms.delete(roomId)
      return Effect.asVoid(Deferred.succeed(busy.quiet, undefined))
    })

  const work = (roomId: RoomId, busy: Busy): Effect.Effect<void> =>
    Effect.suspend(() => {
      const trigger = busy.next
      if (trigger === null) return forget(roomId, busy)
      busy.next = null
      busy.stop = Deferred.unsafeMake(FiberId.none)
      return Effect.zipRight(play(roomId, trigger, busy), work(roomId, busy))
    })

  const begin = (roomId: RoomId, trigger: Trigger) => {
    const busy: Busy = {
      next: trigger,
      stop: Deferred.unsafeMake(FiberId.none),
      quiet: Deferred.unsafeMake(FiberId.none)
    }
    rooms.set(roomId, busy)
    // A fiber inherits whether it can be interrupted, and whoever triggers may be in a region that cannot.
    const fiber = Effect.interruptible(Effect.ensuring(work(roomId, busy), forget(roomId, busy)))
    return Effect.asVoid(FiberSet.run(fibers, fiber))
  }

  return Orchestrator.of({
    trigger: (roomId, trigger) =>
      Effect.suspend(() => {
        const busy = rooms.get(roomId)
        if (busy === undefined) return begin(roomId, trigger)
        busy.next = trigger
        return Effect.asVoid(Deferred.succeed(busy.stop, "interrupted"))
      }),

    stop: (roomId, reason) =>
      Effect.suspend(() => {
        const busy = rooms.get(roomId)
        if (busy === undefined) return Effect.void
        busy.next = null
        return Effect.zipRight(Deferred.succeed(busy.stop, reason), Deferred.await(busy.quiet))
      })
  })
})
