import { Cause, Context, Deferred, Effect, HashSet, Layer, Option, Queue, Ref, Schedule } from "effect"
import type { RoomId } from "../domain/RoomId.ts"
import { broke } from "../lib/broke.ts"
import { Memory } from "../personas/Memory.ts"
import { RemovalRepo, type Unfinished } from "../store/RemovalRepo.ts"
import { WriteQueue } from "../store/WriteQueue.ts"
import { inSlices } from "../store/Slices.ts"

/**
 * Takes away what nobody sees any more: rooms that are deleted, what is cleared of a room, imports that came to no end.
 * A few rows at a time, so that nobody waits for it; one room after the other; what a server leaves undone the next one
 * goes on with.
 */
export class Removal extends Context.Tag("parley/engine/Removal")<
  Removal,
  {
    /** For a room of which something is hidden: returns when that is gone, or after a second while it still goes on. */
    readonly remove: (room: RoomId) => Effect.Effect<void>
    /** An import has come to no end: what there is of the room goes. */
    readonly abandon: (room: RoomId) => Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  ).pipe(Layer.provide(RemovalRepo.layer))
}

const patience = "1 second"
const sizes = { first: 64, largest: 5000 }
const again = Schedule.exponential("1 second").pipe(Schedule.union(Schedule.spaced("1 minute")))

const make = Effect.gen(function* () {
  const queue = yield* WriteQueue
  const memory = yield* Memory
  const repo = yield* RemovalRepo
  const bell = yield* Queue.sliding<void>(1)
  const abandoned = yield* Ref.make(HashSet.empty<RoomId>())
  const waiting = new Map<RoomId, Deferred.Deferred<void>>()

  // Nobody of this process imports yet.
  yield* queue.write(repo.abandon(null))

  const doom = Effect.flatMap(
    Ref.get(abandoned),
    Effect.forEach((room) =>
      Effect.zipRight(queue.write(repo.abandon(room)), Ref.update(abandoned, HashSet.remove(room)))
    )
  )

  const empty = Effect.fnUntraced(function* (room: Unfinished) {
    yield* inSlices(queue, { ...sizes, step: (size) => repo.take(room, size) })
    if (room.is_leaving) yield* memory.forget(room.id)
    yield* queue.write(repo.finish(room))
    if (Option.isSome(yield* repo.find(room.id))) return
    const waiter = waiting.get(room.id)
    waiting.delete(room.id)
    if (waiter !== undefined) yield* Deferred.succeed(waiter, undefined)
  })

  const next = Effect.flatMap(
    Effect.zipRight(doom, repo.find(null)),
    Option.match({ onNone: () => Queue.take(bell), onSome: empty })
  )

  yield* next.pipe(
    Effect.withSpan("Removal", { root: true, captureStackTrace: false }),
    Effect.sandbox,
    Effect.tapError((cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.void
        : broke("removal", "what is hidden could not be taken away yet", cause)
    ),
    Effect.retry(again),
    Effect.forever,
    Effect.forkScoped
  )

  return Removal.of({
    remove: Effect.fn("Removal.remove")(function* (room) {
      const gone = waiting.get(room) ?? (yield* Deferred.make<void>())
      waiting.set(room, gone)
      yield* Queue.offer(bell, undefined)
      yield* Effect.timeoutOption(Effect.interruptible(Deferred.await(gone)), patience)
    }),

    abandon: (room) =>
      Effect.zipRight(Ref.update(abandoned, HashSet.add(room)), Effect.asVoid(Queue.offer(bell, undefined)))
  })
})
