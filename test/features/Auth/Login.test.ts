import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { Auth } from "../../../src/features/Auth.ts"
import { admin } from "../../../src/domain/User.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"

layer(House.shared(), { excludeTestServices: true })("Login", (it) => {
  it.effect("by password makes an admin or a guest, each guest a new one, and a wrong one is 401", () =>
    Effect.gen(function* () {
      const nobody = yield* Client.as(null)
      const login = (password: string) => nobody.ask(({ auth }) => auth.login({ payload: { password } }))

      const admin = yield* login("admin")
      const guests = yield* Effect.all([login("guest"), login("guest")])
      const wrong = yield* Effect.forEach(["Admin", "admin ", "x"], (password) => Effect.flip(login(password)))
      const empty = yield* Effect.flip(login(""))
      const { api_key, ...rest } = admin
      const known = yield* Client.as(api_key)
      const verified = yield* known.ask(({ auth }) => auth.verify())

      deepStrictEqual(rest, { success: true, role: "admin", user_id: "admin", message: "Login successful as admin" })
      assertEquals(api_key.split(".").length, 3)
      deepStrictEqual(
        guests.map(({ role, user_id }) => [role, /^guest-[0-9a-f]{12}$/.test(user_id)]),
        [
          ["guest", true],
          ["guest", true]
        ]
      )
      assertEquals(new Set(guests.map(({ user_id }) => user_id)).size, 2)
      deepStrictEqual(
        wrong.map(({ status }) => status),
        [401, 401, 401]
      )
      assertEquals(empty.status, 400)
      deepStrictEqual(verified, {
        success: true,
        message: "Authentication valid",
        role: "admin",
        user_id: "admin"
      })
    })
  )

  it.effect("a login link works once, however many use it at the same time", () =>
    Effect.gen(function* () {
      const nobody = yield* Client.as(null)
      const token = yield* Effect.flatMap(Auth, (auth) => auth.link(admin))

      const [refused, [won, ...others]] = yield* Effect.partition(
        Array.from({ length: 8 }),
        () => nobody.ask(({ auth }) => auth.link({ payload: { token } })),
        { concurrency: "unbounded" }
      )

      deepStrictEqual(others, [])
      deepStrictEqual(
        refused.map(({ status }) => status),
        Array.from({ length: 7 }, () => 401)
      )
      const client = yield* Client.as(won?.api_key ?? null)
      yield* client.ask(({ rooms }) => rooms.list())
    })
  )
})
