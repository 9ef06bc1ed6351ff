import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Option, Redacted, TestClock } from "effect"
import { Auth } from "../src/Auth.ts"
import { Secrets } from "../src/Auth/Secrets.ts"

const secrets = Layer.succeed(Secrets, {
  jwtSecret: Redacted.make("the secret of this test, long enough for its purpose"),
  adminHash: Redacted.make(""),
  guestHash: Option.none(),
  newPassword: Option.none(),
  firstStart: false,
  generated: false,
  keep: Effect.void
})

describe("Auth", () => {
  it.effect("a token holds for seven days, also one that was used a moment before", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const { token, user } = yield* Effect.flatMap(auth.link, auth.exchange)

      yield* TestClock.adjust("167 hours")
      deepStrictEqual(yield* auth.verify(token), user)
      yield* TestClock.adjust("1 hours")

      assertEquals((yield* Effect.flip(auth.verify(token)))._tag, "Unauthenticated")
    }).pipe(Effect.provide(Auth.layer.pipe(Layer.provide(secrets))))
  )

  it.effect("a login link holds for 15 minutes", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const links = yield* Effect.all([auth.link, auth.link])

      yield* TestClock.adjust("14 minutes")
      assertEquals((yield* auth.exchange(links[0])).user.role, "admin")
      yield* TestClock.adjust("1 minutes")

      assertEquals((yield* Effect.flip(auth.exchange(links[1])))._tag, "LinkSpent")
    }).pipe(Effect.provide(Auth.layer.pipe(Layer.provide(secrets))))
  )
})
