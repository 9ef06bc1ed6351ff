import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { SqlClient } from "@effect/sql"
import bcrypt from "bcrypt"
import { Effect, Fiber, Layer, Option, Redacted, TestClock } from "effect"
import { Auth } from "../../../src/features/Auth.ts"
import type { Passwords } from "../../../src/process/Secrets.ts"
import { admin, CurrentUser, userOf } from "../../../src/domain/User.ts"
import { OpenStreams } from "../../../src/features/OpenStreams.ts"
import * as LoneAuth from "../../support/LoneAuth.ts"
import * as TestDb from "../../support/TestDb.ts"

const ada = userOf("guest-0123456789ab")
const hash = (letter: string) => Redacted.make(`$2b$04$${letter.repeat(53)}`)
const first: Passwords = { admin: hash("a"), guest: Option.some(hash("b")), guests: true }

/** A token, a link, a ticket and a stream of each role, and what holds of them. */
const belongings = Effect.gen(function* () {
  const auth = yield* Auth
  const streams = yield* OpenStreams
  const of = Effect.fnUntraced(function* (user: typeof admin) {
    const holder = yield* Effect.flatMap(auth.link(user), auth.exchange)
    // From now on it is remembered.
    yield* auth.verify(holder.token)
    const [link, ticket] = [yield* auth.link(user), yield* auth.ticket(null, holder)]
    const stream = { end: "" }
    yield* streams.open(holder, (why) => (stream.end = why))
    return Effect.gen(function* () {
      return [
        yield* Effect.isSuccess(auth.verify(holder.token)),
        yield* Effect.isSuccess(auth.exchange(link)),
        yield* Effect.isSuccess(auth.redeem(null, ticket)),
        stream.end
      ]
    })
  })
  const [ofAdmin, ofGuest] = [yield* of(admin), yield* of(ada)]
  return Effect.all({ admin: ofAdmin, guest: ofGuest })
})

const [holds, ended] = [
  [true, true, true, ""],
  [false, false, false, "revoked"]
]

describe("What a login was issued under", () => {
  for (const [name, next, expected] of [
    ["is not changed by looking again", first, { admin: holds, guest: holds }],
    ["is the admin's password", { ...first, admin: hash("c") }, { admin: ended, guest: holds }],
    ["is the guests' password", { ...first, guest: Option.some(hash("c")) }, { admin: holds, guest: ended }],
    ["is that there is a guests' password", { ...first, guest: Option.none() }, { admin: holds, guest: ended }],
    ["is that there may be guests", { ...first, guests: false }, { admin: holds, guest: ended }]
  ] as const) {
    it.scoped(`${name}: tokens, links, tickets and streams go with it`, () => {
      let passwords = first
      return Effect.gen(function* () {
        const auth = yield* Auth
        const all = yield* belongings

        passwords = next
        yield* auth.renew

        deepStrictEqual(yield* all, expected)
      }).pipe(Effect.provide(LoneAuth.layer(() => passwords)))
    })
  }

  it.scoped("does not come back: guests who were sent away while there were none stay away", () => {
    let passwords = first
    return Effect.gen(function* () {
      const auth = yield* Auth
      const linkFor = Effect.provideService(auth.linkFor(ada.user_id), CurrentUser, admin)
      const before = yield* Effect.flatMap(auth.link(ada), auth.exchange)

      passwords = { ...first, guests: false }
      yield* auth.renew
      const refused = yield* Effect.flip(linkFor)
      passwords = first
      yield* auth.renew
      const later = yield* Effect.flatMap(linkFor, auth.exchange)

      assertEquals(refused._tag, "GuestsNotAllowed")
      deepStrictEqual(yield* Effect.forEach([before, later], ({ token }) => Effect.isSuccess(auth.verify(token))), [
        false,
        true
      ])
    }).pipe(Effect.provide(LoneAuth.layer(() => passwords)))
  })

  it.effect("is remembered over a restart, and by a server whose clock has been set back", () =>
    Effect.gen(function* () {
      const start = (passwords: Passwords) => Effect.provide(Layer.fresh(LoneAuth.over(() => passwords)))
      const entered = Effect.flatMap(Auth, (auth) => Effect.flatMap(auth.link(admin), auth.exchange))
      const holds = (token: string) => Effect.flatMap(Auth, (auth) => Effect.isSuccess(auth.verify(token)))
      yield* TestClock.setTime(1_900_000_000_000)

      const { token } = yield* entered.pipe(start(first))
      const same = yield* holds(token).pipe(start({ ...first, guests: false }))
      const changed = yield* holds(token).pipe(start({ ...first, admin: hash("c") }))
      yield* TestClock.setTime(1_899_999_000_000)
      const back = yield* Effect.gen(function* () {
        const later = yield* entered
        return [yield* holds(token), yield* holds(later.token)]
      }).pipe(start(first))

      deepStrictEqual([same, changed, back], [true, false, [false, true]])
    }).pipe(Effect.provide(TestDb.layer()))
  )

  it.effect("does not matter to logins from before anybody looked, but guests may have to go", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const start = (passwords: Passwords) => Effect.provide(Layer.fresh(LoneAuth.over(() => passwords)))
      const tokens = yield* Effect.flatMap(Auth, (auth) =>
        Effect.forEach([admin, ada], (user) => Effect.flatMap(auth.link(user), auth.exchange))
      ).pipe(start(first))
      const holds = Effect.flatMap(Auth, (auth) =>
        Effect.forEach(tokens, ({ token }) => Effect.isSuccess(auth.verify(token)))
      )
      const forget = sql`DELETE FROM login_grants`

      yield* forget
      const open = yield* holds.pipe(start({ ...first, admin: hash("c") }))
      yield* forget
      const closed = yield* holds.pipe(start({ ...first, guests: false }))

      deepStrictEqual(
        [open, closed],
        [
          [true, true],
          [true, false]
        ]
      )
    }).pipe(Effect.provide(TestDb.layer()))
  )

  it.effect("is what it is when the password has been compared, not before", () => {
    let passwords: Passwords = first
    return Effect.gen(function* () {
      const auth = yield* Auth
      passwords = { ...first, admin: Redacted.make(yield* Effect.promise(() => bcrypt.hash("old", 4))) }
      yield* auth.renew
      const login = yield* Effect.fork(auth.login("old"))
      yield* Effect.yieldNow()

      passwords = first
      yield* auth.renew

      assertEquals((yield* Effect.flip(Fiber.join(login)))._tag, "WrongPassword")
    }).pipe(Effect.provide(LoneAuth.layer(() => passwords)))
  })
})
