import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import bcrypt from "bcrypt"
import { Deferred, Effect, Fiber, Layer, Redacted, TestClock } from "effect"
import { Auth } from "../../../src/features/Auth.ts"
import { Guesses } from "../../../src/features/Auth/Guesses.ts"
import { admin, WrongPassword } from "../../../src/domain/User.ts"
import { Settings } from "../../../src/process/Settings.ts"
import * as LoneAuth from "../../support/LoneAuth.ts"

const identity = { user: admin, token: "t", until: Infinity }
const guesses = Guesses.layer.pipe(Layer.provide(Settings.layerFrom({})), Layer.orDie)

const auth = (hash: string) => LoneAuth.layer(() => ({ ...LoneAuth.nobody, admin: Redacted.make(hash) }))

describe("Passwords", () => {
  it.effect(
    "are compared two at a time: others wait for a place, for five seconds, and are told when to come back",
    () =>
      Effect.gen(function* () {
        const { attempt } = yield* Guesses
        const go = yield* Deferred.make<void>()
        let begun = 0
        const login = Effect.suspend(() => {
          begun += 1
          return Effect.as(Deferred.await(go), identity)
        })
        const tries = yield* Effect.forEach(["a", "b", "c"], (address) =>
          Effect.fork(Effect.either(attempt(address, login)))
        )

        yield* TestClock.adjust("4 seconds")
        const waiting = begun
        yield* TestClock.adjust("1 seconds")
        yield* Deferred.succeed(go, undefined)
        const results = yield* Effect.forEach(tries, Fiber.join)
        const next = yield* attempt("c", login)

        assertEquals(waiting, 2)
        deepStrictEqual(
          results.map((result) =>
            result._tag === "Right" ? "in" : result.left._tag === "TooManyRequests" && result.left.retry_after
          ),
          ["in", "in", 5]
        )
        deepStrictEqual([begun, next], [3, identity])
      }).pipe(Effect.provide(guesses))
  )

  it.effect("a place is free again when a guess was wrong, or its caller has left", () =>
    Effect.gen(function* () {
      const { attempt } = yield* Guesses
      const wrong = Effect.flip(attempt("a", WrongPassword.of()))
      const begun = yield* Deferred.make<void>()
      const endless = Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)

      yield* Effect.all([wrong, wrong, wrong])
      const left = yield* Effect.fork(attempt("a", endless))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(left)
      const both = yield* Effect.all([attempt("b", Effect.succeed(identity)), attempt("c", Effect.succeed(identity))], {
        concurrency: 2
      })

      assertEquals(both.length, 2)
    }).pipe(Effect.provide(guesses))
  )

  it.live("are compared beside the event loop, which goes on meanwhile", () =>
    Effect.gen(function* () {
      const hash = yield* Effect.promise(() => bcrypt.hash("admin", 11))
      const { login } = yield* Effect.provide(Auth, auth(hash))
      let turns = 0
      const turn = Effect.async<void>((resume) => {
        setImmediate(() => {
          turns += 1
          resume(Effect.void)
        })
      })

      const error = yield* Effect.raceFirst(Effect.flip(login("wrong")), Effect.forever(turn))

      assertEquals(error._tag, "WrongPassword")
      assertTrue(turns > 50, `${turns} turns of the loop`)
    })
  )
})
