import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber } from "effect"
import { Topic } from "../../../src/store/Topic.ts"
import { afterCommit } from "../../../src/store/WriteQueue.ts"
import { ann, setup, world } from "../../support/ManyRooms.ts"

describe("Events that are committed and not yet published", () => {
  it.scopedLive("come once, and in order, to a reader that finds them in the log or is reset past them", () =>
    Effect.gen(function* () {
      const { append, create, events, follow, queue } = yield* setup
      const { id } = yield* create("ann")
      yield* append(id)
      const [committed, go] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      const pause = afterCommit(Effect.zipRight(Deferred.succeed(committed, undefined), Deferred.await(go)))
      const clear = events.append(id, { type: "messages_cleared" })
      const writer = yield* Effect.fork(queue.write(Effect.all([pause, clear, clear])))
      yield* Deferred.await(committed)

      const future = 9999
      const readers = yield* Effect.forEach([Topic.Room({ id }), ann, Topic.All()], (topic) =>
        Effect.forEach([0, 1, 2, 3, future], (after) => follow({ topic, after }))
      )
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(writer)
      yield* append(id)

      const later = [[1, 2, 3, 4], [2, 3, 4], [3, 4], [4], [4]]
      deepStrictEqual(
        readers.map((each) => each.map(({ seen }) => seen())),
        [later, later, later]
      )
    }).pipe(Effect.provide(world))
  )
})
