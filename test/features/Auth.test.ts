import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, TestClock } from "effect"
import { Auth } from "../../src/features/Auth.ts"
import { LoginRepo } from "../../src/store/LoginRepo.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { admin, CurrentUser, userOf } from "../../src/domain/User.ts"
import { WriteQueue } from "../../src/store/WriteQueue.ts"
import * as Time from "../../src/domain/Time.ts"
import * as LoneAuth from "../support/LoneAuth.ts"
import * as Statements from "../support/Statements.ts"

const layer = LoneAuth.layer()

const ada = userOf("guest-0123456789ab")
const entered = Effect.flatMap(Auth, (auth) => Effect.flatMap(auth.link(ada), auth.exchange))
const asAda = Effect.provideService(CurrentUser, ada)

describe("Auth", () => {
  it.effect("a token holds for seven days, also one that was used a moment before", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const { token, user } = yield* Effect.flatMap(auth.link(admin), auth.exchange)

      yield* TestClock.adjust("167 hours")
      deepStrictEqual((yield* auth.verify(token)).user, user)
      yield* TestClock.adjust("1 hours")

      assertEquals((yield* Effect.flip(auth.verify(token)))._tag, "Unauthenticated")
    }).pipe(Effect.provide(layer))
  )

  it.effect("a login link holds for 15 minutes", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const links = yield* Effect.all([auth.link(admin), auth.link(admin)])

      yield* TestClock.adjust("14 minutes")
      assertEquals((yield* auth.exchange(links[0])).user.role, "admin")
      yield* TestClock.adjust("1 minutes")

      assertEquals((yield* Effect.flip(auth.exchange(links[1])))._tag, "LinkSpent")
    }).pipe(Effect.provide(layer))
  )

  it.effect("after a logout from everywhere no older token holds, and the next one does, within one millisecond", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const other = yield* Effect.flatMap(auth.link(admin), auth.exchange)
      const before = yield* Effect.all([entered, entered, entered])
      yield* auth.verify(before[0].token)

      yield* asAda(auth.logoutEverywhere(undefined))
      const after = yield* entered
      const gone = yield* Effect.forEach(before, ({ token }) => Effect.flip(auth.verify(token)))

      deepStrictEqual(
        gone.map(({ _tag }) => _tag),
        ["Unauthenticated", "Unauthenticated", "Unauthenticated"]
      )
      deepStrictEqual((yield* auth.verify(after.token)).user, ada)
      deepStrictEqual((yield* auth.verify(other.token)).user, admin)
    }).pipe(Effect.provide(layer))
  )

  it.effect("a logout from everywhere also ends the links that were made before it, and nobody else's", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const [own, other] = yield* Effect.all([auth.link(ada), auth.link(admin)])

      yield* asAda(auth.logoutEverywhere(undefined))

      assertEquals((yield* Effect.flip(auth.exchange(own)))._tag, "LinkSpent")
      assertEquals((yield* auth.exchange(other)).user.user_id, "admin")
    }).pipe(Effect.provide(layer))
  )

  it.effect("only the admin may make links for others, and end their logins", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const { token } = yield* entered
      const asAdmin = Effect.provideService(CurrentUser, admin)

      const refused = yield* Effect.all([
        Effect.flip(asAda(auth.linkFor("admin"))),
        Effect.flip(asAda(auth.logoutEverywhere("guest-ffffffffffff")))
      ])
      const regained = yield* Effect.flatMap(asAdmin(auth.linkFor(ada.user_id)), auth.exchange)
      yield* asAdmin(auth.logoutEverywhere(ada.user_id))

      deepStrictEqual(
        refused.map(({ _tag }) => _tag),
        ["AdminRequired", "AdminRequired"]
      )
      deepStrictEqual(regained.user, ada)
      assertEquals((yield* Effect.flip(auth.verify(token)))._tag, "Unauthenticated")
    }).pipe(Effect.provide(layer))
  )

  it.effect("of many links only an identity's newest ten can be used", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const links = yield* Effect.replicateEffect(auth.link(ada), 12)

      const used = yield* Effect.forEach(links, (link) => Effect.isSuccess(auth.exchange(link)))

      deepStrictEqual(
        used,
        links.map((_, at) => at > 1)
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("a ticket holds for a minute, in one room, once, and no longer than its token", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const holder = yield* entered
      const [room, other] = [RoomId.make(1), RoomId.make(2)]
      const tickets = yield* Effect.replicateEffect(auth.ticket(room, holder), 4)
      const [first = "", second = "", third = "", fourth = ""] = tickets
      const redeem = (ticket: string, at = room) => Effect.isSuccess(auth.redeem(at, ticket))

      const elsewhere = yield* redeem(first, other)
      const spent = yield* redeem(first)
      yield* TestClock.adjust("59 seconds")
      const once = yield* Effect.all([redeem(second), redeem(second)])
      yield* auth.logout(holder.token)
      const revoked = yield* redeem(third)
      yield* TestClock.adjust("1 seconds")
      const expired = yield* redeem(fourth)

      deepStrictEqual([elsewhere, spent, once, revoked, expired], [false, false, [true, false], false, false])
    }).pipe(Effect.provide(layer))
  )

  it.effect("a token that is known costs no statement, and one that was logged out costs its holder the door", () => {
    const statements = Statements.make()
    return Effect.gen(function* () {
      const auth = yield* Auth
      const { token } = yield* entered
      yield* auth.verify(token)
      statements.seen.length = 0

      yield* Effect.repeatN(auth.verify(token), 9)
      const known = statements.seen.length
      yield* auth.logout(token)
      const gone = yield* Effect.flip(auth.verify(token))

      deepStrictEqual([known, gone._tag], [0, "Unauthenticated"])
    }).pipe(Effect.provide(Layer.provide(layer, statements.layer)))
  })

  it.effect("what has run out anyway is forgotten", () =>
    Effect.gen(function* () {
      const auth = yield* Auth
      const repo = yield* LoginRepo
      const queue = yield* WriteQueue
      const prune = Effect.flatMap(Time.now, (now) => queue.write(repo.prune(now, 10)))
      yield* Effect.flatMap(entered, ({ token }) => auth.logout(token))
      yield* asAda(auth.logoutEverywhere(undefined))

      yield* TestClock.adjust("167 hours")
      const early = yield* prune
      yield* TestClock.adjust("2 hours")
      const late = yield* prune

      deepStrictEqual([early, late, yield* prune], [0, 1, 0])
    }).pipe(Effect.provide(layer))
  )
})
