import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Fiber } from "effect"
import * as Inbox from "../../src/lib/inbox.ts"

describe("an inbox", () => {
  it.effect("gives what came before its end, in order, and then the end to everybody who reads", () =>
    Effect.gen(function* () {
      const inbox = Inbox.make<string, string>()
      inbox.offer("one")
      inbox.offer("two")
      inbox.end("over")
      inbox.offer("late")
      inbox.end("over again")
      const read = yield* Effect.replicateEffect(Effect.either(inbox.next), 4)
      deepStrictEqual(read, [Either.right("one"), Either.right("two"), Either.left("over"), Either.left("over")])
    })
  )

  it.effect("wakes a reader, and loses nothing to one that was interrupted while it waited", () =>
    Effect.gen(function* () {
      const inbox = Inbox.make<string, string>()
      const gone = yield* Effect.fork(inbox.next)
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(gone)
      const reader = yield* Effect.fork(inbox.next)
      yield* Effect.yieldNow()
      inbox.offer("one")
      strictEqual(yield* Fiber.join(reader), "one")
    })
  )
})
