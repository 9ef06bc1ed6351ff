import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Exit, Fiber } from "effect"
import * as Permits from "../../src/lib/permits.ts"
import { settle } from "../support/settle.ts"
import { Stepper } from "../support/Stepper.ts"

const ways = ["with", "scoped"] as const
const using = (permits: ReturnType<typeof Permits.make>, way: (typeof ways)[number]) =>
  way === "with" ? permits.with(Effect.void) : Effect.scoped(permits.scoped)

describe("permits", () => {
  it.effect("let so many in at once, and the others in the order of their coming", () =>
    Effect.gen(function* () {
      const permits = Permits.make(2)
      const gates = yield* Effect.replicateEffect(Deferred.make<void>(), 4)
      const seen: Array<string> = []
      const visit = (name: number, gate: Deferred.Deferred<void>) =>
        permits.with(
          Effect.sync(() => seen.push(`in ${name}`)).pipe(
            Effect.zipRight(Deferred.await(gate)),
            Effect.zipRight(Effect.sync(() => seen.push(`out ${name}`)))
          )
        )
      const fibers = yield* Effect.forEach(gates, (gate, name) => Effect.fork(visit(name, gate)))
      yield* settle
      for (const gate of [gates[1], gates[0], gates[2], gates[3]]) {
        if (gate !== undefined) yield* Deferred.succeed(gate, undefined)
        yield* settle
      }
      yield* Fiber.joinAll(fibers)
      deepStrictEqual(seen, ["in 0", "in 1", "out 1", "in 2", "out 0", "in 3", "out 2", "out 3"])
    })
  )

  it.effect("come back from what fails, breaks or is interrupted, and who waits may leave", () =>
    Effect.gen(function* () {
      const permits = Permits.make(1)
      yield* Effect.exit(permits.with(Effect.fail("no")))
      yield* Effect.exit(permits.with(Effect.die("no")))
      const holder = yield* Effect.fork(permits.with(Effect.never))
      yield* settle
      const waiting = yield* Effect.fork(permits.with(Effect.void))
      const next = yield* Effect.fork(permits.with(Effect.succeed("mine")))
      yield* settle
      assertTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
      yield* Fiber.interrupt(holder)
      strictEqual(yield* Fiber.join(next), "mine")
    })
  )

  for (const way of ways) {
    it.effect(`are never lost, wherever a fiber that is given one yields and is interrupted: ${way}`, () =>
      Effect.gen(function* () {
        for (let step = 1; step < 40; step++) {
          for (let tasks = 0; tasks < 6; tasks++) {
            const permits = Permits.make(1)
            const holder = yield* Effect.fork(permits.with(Effect.never))
            yield* settle
            const stepper = new Stepper()
            const fiber = Effect.runFork(using(permits, way), { scheduler: stepper })
            stepper.run(50)
            stepper.arm(step)
            yield* Effect.zipRight(Fiber.interrupt(holder), settle)
            stepper.run(tasks)
            fiber.unsafeInterruptAsFork(fiber.id())
            stepper.run(50)
            const next = yield* Effect.fork(using(permits, way))
            yield* settle
            assertTrue(next.unsafePoll() !== null, `step ${step}, after ${tasks} tasks`)
          }
        }
      })
    )
  }
})
