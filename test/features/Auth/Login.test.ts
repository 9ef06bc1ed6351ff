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
      const login = (password: string) => nobody.json("POST", "/auth/login", { password })

      const admin = yield* login("admin")
      const guests = yield* Effect.all([login("guest"), login("guest")])
      const wrong = yield* Effect.all([login("Admin"), login("admin "), login("x")])
      const empty = yield* login("")
      const verified = yield* Effect.flatMap(Client.as(admin.data.api_key), (client) =>
        client.json("GET", "/auth/verify")
      )

      const { api_key, ...rest } = admin.data
      deepStrictEqual(rest, { success: true, role: "admin", user_id: "admin", message: "Login successful as admin" })
      assertEquals(api_key.split(".").length, 3)
      deepStrictEqual(
        guests.map(({ data }) => [data.role, /^guest-[0-9a-f]{12}$/.test(data.user_id)]),
        [
          ["guest", true],
          ["guest", true]
        ]
      )
      assertEquals(new Set(guests.map(({ data }) => data.user_id)).size, 2)
      deepStrictEqual(
        wrong.map(({ status }) => status),
        [401, 401, 401]
      )
      assertEquals(empty.status, 400)
      deepStrictEqual(verified.data, {
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

      const answers = yield* Effect.all(
        Array.from({ length: 8 }, () => nobody.json("POST", "/auth/link", { token })),
        { concurrency: "unbounded" }
      )

      deepStrictEqual(answers.map(({ status }) => status).toSorted(), [200, ...Array.from({ length: 7 }, () => 401)])
      const won = answers.find(({ status }) => status === 200)
      const client = yield* Client.as(won?.data.api_key ?? null)
      assertEquals((yield* client.json("GET", "/rooms")).status, 200)
    })
  )
})
