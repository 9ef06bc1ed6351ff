import { Array, Cause, Context, Deferred, Effect, FiberId, FiberSet, Layer, Option, Order, Tracer } from "effect"
import { Closing } from "../process/Closing.ts"
import type { AgentId } from "../domain/Agent.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { RoundId, StopReason } from "../domain/Round.ts"
import * as Parts from "./Orchestrator/Parts.ts"
import type { Halt } from "./Orchestrator/RoundPlayer.ts"
import { faultIn, isPassing } from "../domain/Storage.ts"
import { broke } from "../lib/broke.ts"
import { patience } from "../store/WriteQueue.ts"

export class Orchestrator extends Context.Tag("parley/engine/Orchestrator")<
  Orchestrator,
  {
    /**
     * Has an open round played and returns at once. A round under way ends, at once or after its turn, and has cleaned
     * up before the new one begins; of several that wait, the newest is played.
     */
    readonly play: (roomId: RoomId, round: RoundId, when: "now" | "after_turn") => Effect.Effect<void>
    /** Plays an open round and returns when it has ended; where another is under way it ends unplayed. */
    readonly playIfQuiet: (roomId: RoomId, round: RoundId) => Effect.Effect<void>
    /** A round that an earlier server has left open waits to be taken up; a newer one of its room ends it. */
    readonly adopt: (roomId: RoomId, round: RoundId) => Effect.Effect<void>
    /**
     * Counts a try at an adopted round, has it played, and returns when a turn of it has ended, or itself. Does nothing
     * where a newer one, or an end, came first.
     */
    readonly takeUp: (roomId: RoomId, round: RoundId) => Effect.Effect<void>
    /** Returns when the room is quiet: nobody speaks in it before the next round is asked for. */
    readonly stop: (roomId: RoomId, reason: StopReason) => Effect.Effect<void>
    /** Interrupts the turns of an agent, in one room or everywhere; they are settled when this returns. */
    readonly dismiss: (agent: AgentId, room: RoomId | null) => Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

type Stop = Deferred.Deferred<StopReason>

/** A room at work. It is forgotten the moment its fiber has nothing more to do. */
interface Busy {
  next: ReadonlyArray<RoundId>
  /** The round that is played. */
  current: RoundId
  now: Stop
  soon: Stop
  /** Settled when a turn of the first round has ended. */
  readonly moved: Deferred.Deferred<void>
  /** Settled when the first round is over. */
  readonly first: Deferred.Deferred<void>
  readonly quiet: Deferred.Deferred<void>
}

const make = Effect.gen(function* () {
  const closing = yield* Closing
  const { rounds, turns } = yield* Parts.make
  const rooms = new Map<RoomId, Busy>()
  const adopted = new Map<RoomId, RoundId>()
  const fibers = yield* FiberSet.make<void>()
  // Runs before the fibers are interrupted: rooms begin no turn any more, the ones under way may end.
  yield* Effect.addFinalizer(() =>
    Effect.flatMap(closing.left, (left) =>
      FiberSet.awaitEmpty(fibers).pipe(Effect.interruptible, Effect.timeoutOption(left), Effect.ignoreLogged)
    )
  )

  const haltOf = ({ moved, now, soon }: Busy): Halt => ({
    now: Deferred.await(now),
    moved: Deferred.succeed(moved, undefined),
    soon: Effect.flatMap(closing.begun, (isClosing) =>
      isClosing
        ? Effect.succeedSome<StopReason>("interrupted")
        : Effect.flatMap(Deferred.poll(soon), Option.match({ onNone: () => Effect.succeedNone, onSome: Effect.asSome }))
    )
  })

  const logged = (effect: Effect.Effect<void>, roomId: RoomId) =>
    effect.pipe(
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : broke("round", "a round broke", cause)
      ),
      Effect.annotateLogs({ roomId })
    )

  /** The first round is over. */
  const over = ({ first, moved }: Busy) =>
    Effect.zipRight(Deferred.succeed(moved, undefined), Deferred.succeed(first, undefined))

  /** A round that the storage has cut off goes on from where it stands. */
  const resumed = (round: Effect.Effect<void>) =>
    round.pipe(
      Effect.sandbox,
      Effect.retry({
        schedule: patience,
        while: (cause) =>
          Option.exists(faultIn(cause), isPassing)
            ? Effect.map(closing.begun, (isClosing) => !isClosing)
            : Effect.succeed(false)
      }),
      Effect.unsandbox
    )

  const forget = (roomId: RoomId, busy: Busy) =>
    Effect.suspend(() => {
      // The room may be at work again already, for a round that came after this one's last look.
      if (rooms.get(roomId) === busy) rooms.delete(roomId)
      return Effect.zipRight(over(busy), Deferred.succeed(busy.quiet, undefined))
    })

  const closeAll = (ids: ReadonlyArray<RoundId>, reason: StopReason) =>
    Effect.forEach(ids, (id) => rounds.close(id, reason), { discard: true })

  const work = (roomId: RoomId, busy: Busy): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (!Array.isNonEmptyReadonlyArray(busy.next)) return forget(roomId, busy)
      // Ids grow with the commits; those who wait for one may be woken in another order.
      const waiting = Array.sort(busy.next, Order.number)
      const [older, newest] = [Array.initNonEmpty(waiting), Array.lastNonEmpty(waiting)]
      busy.next = []
      busy.current = newest
      busy.now = Deferred.unsafeMake(FiberId.none)
      busy.soon = Deferred.unsafeMake(FiberId.none)
      const played = resumed(Effect.zipRight(closeAll(older, "interrupted"), rounds.play(newest, haltOf(busy))))
      return logged(played, roomId).pipe(Effect.zipRight(over(busy)), Effect.zipRight(work(roomId, busy)))
    })

  /** What was adopted in the room, which does not wait any more. */
  const release = (roomId: RoomId) => {
    const round = adopted.get(roomId)
    adopted.delete(roomId)
    return round === undefined ? [] : [round]
  }

  const begin = (roomId: RoomId, round: RoundId) => {
    const busy: Busy = {
      next: [...release(roomId), round],
      current: round,
      moved: Deferred.unsafeMake(FiberId.none),
      now: Deferred.unsafeMake(FiberId.none),
      soon: Deferred.unsafeMake(FiberId.none),
      first: Deferred.unsafeMake(FiberId.none),
      quiet: Deferred.unsafeMake(FiberId.none)
    }
    rooms.set(roomId, busy)
    // A fiber inherits whether it can be interrupted, and whoever triggers may be in a region that cannot.
    const fiber = Effect.interruptible(Effect.ensuring(work(roomId, busy), forget(roomId, busy))).pipe(
      // Of the request that asked for the round only its span is kept, which log lines name.
      Effect.mapInputContext((context: Context.Context<never>) => Context.pick(Tracer.ParentSpan)(context))
    )
    // A set that is closed takes nothing more: the room must not count as busy for ever.
    return FiberSet.run(fibers, fiber).pipe(
      Effect.onInterrupt(() => forget(roomId, busy)),
      Effect.as(busy)
    )
  }

  return Orchestrator.of({
    dismiss: turns.dismiss,

    play: (roomId, round, when) =>
      Effect.suspend(() => {
        const busy = rooms.get(roomId)
        if (busy === undefined) return Effect.asVoid(begin(roomId, round))
        if (round < busy.current) return rounds.close(round, "interrupted")
        busy.next = [...busy.next, round]
        return Effect.asVoid(Deferred.succeed(when === "now" ? busy.now : busy.soon, "interrupted"))
      }),

    playIfQuiet: (roomId, round) =>
      Effect.suspend(() =>
        rooms.has(roomId) || adopted.has(roomId)
          ? rounds.close(round, "interrupted")
          : Effect.flatMap(begin(roomId, round), ({ first }) => Deferred.await(first))
      ),

    adopt: (roomId, round) => Effect.sync(() => void adopted.set(roomId, round)),

    takeUp: (roomId, round) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const isWanted = () => adopted.get(roomId) === round
          if (!isWanted()) return
          const isOpen = yield* rounds.claim(round)
          if (!isWanted()) return
          release(roomId)
          if (isOpen) yield* restore(Deferred.await((yield* begin(roomId, round)).moved))
        })
      ),

    stop: (roomId, reason) =>
      Effect.suspend(() => {
        const busy = rooms.get(roomId)
        if (busy === undefined) return closeAll(release(roomId), reason)
        const waiting = busy.next
        busy.next = []
        return closeAll(waiting, reason).pipe(
          Effect.zipRight(Deferred.succeed(busy.now, reason)),
          Effect.zipRight(Deferred.await(busy.quiet))
        )
      })
  })
})
