import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"

layer(House.shared(), { excludeTestServices: true })("Login links", (it) => {
  it.effect("a person opens the same rooms elsewhere by a link that works once", () =>
    Effect.gen(function* () {
      const guest = yield* Client.guest
      const nobody = yield* Client.as(null)
      yield* guest.json("POST", "/rooms", { name: "the guest's" })

      const { data: link } = yield* guest.json("POST", "/auth/links")
      const entered = yield* nobody.json("POST", "/auth/link", { token: link.token })
      const again = yield* nobody.json("POST", "/auth/link", { token: link.token })
      const phone = yield* Client.as(entered.data.api_key)

      deepStrictEqual([link.url, link.expires_in], [`${guest.base}/#login=${link.token}`, 900])
      deepStrictEqual([entered.data.user_id, entered.data.role], [guest.user.user_id, "guest"])
      deepStrictEqual([again.status, again.data._tag], [401, "LinkSpent"])
      assertEquals((yield* phone.json("GET", "/rooms")).data[0].name, "the guest's")
    })
  )

  it.effect("the admin can give a guest who lost the token the rooms back; a guest can make none for others", () =>
    Effect.gen(function* () {
      const [admin, guest, stranger] = yield* Effect.all([Client.make, Client.guest, Client.guest])
      const { user_id } = guest.user

      const { data: link } = yield* admin.json("POST", "/auth/links", { user_id })
      const entered = yield* stranger.json("POST", "/auth/link", { token: link.token })
      const refused = yield* Effect.forEach([user_id, "admin"], (user_id) =>
        stranger.json("POST", "/auth/links", { user_id })
      )
      const strange = yield* Effect.forEach(["root", "guest-x", ""], (user_id) =>
        admin.json("POST", "/auth/links", { user_id })
      )

      deepStrictEqual([entered.data.user_id, entered.data.role], [user_id, "guest"])
      deepStrictEqual(
        refused.map(({ data }) => data._tag),
        ["AdminRequired", "AdminRequired"]
      )
      deepStrictEqual(
        strange.map(({ status }) => status),
        [422, 422, 422]
      )
    })
  )

  it.effect("each kind of secret opens its own door only", () =>
    Effect.gen(function* () {
      const admin = yield* Client.make
      const nobody = yield* Client.as(null)
      const { data: room } = yield* admin.json("POST", "/rooms", { name: "kinds" })
      const stream = `/rooms/${room.id}/stream`
      const { ticket } = (yield* admin.json("POST", `/rooms/${room.id}/sse-ticket`)).data
      const { token: link } = (yield* admin.json("POST", "/auth/links")).data
      const showings = (secret: string) => [
        { "x-api-key": secret },
        { authorization: `Bearer ${secret}` },
        { cookie: `auth_token=${secret}` }
      ]

      const asTokens = yield* Effect.forEach([ticket, link].flatMap(showings), (headers) =>
        nobody.json("GET", "/rooms", undefined, headers)
      )
      const asLinks = yield* Effect.forEach([ticket, admin.token], (token) =>
        nobody.json("POST", "/auth/link", { token })
      )
      const asTickets = yield* Effect.forEach([link, admin.token], (secret) =>
        nobody.json("GET", `${stream}?ticket=${secret}`)
      )
      const elsewhere = yield* nobody.json("GET", `/rooms/${room.id}?ticket=${ticket}`)
      const untouched = yield* nobody.json("POST", "/auth/link", { token: link })

      for (const { status } of [...asTokens, ...asLinks, ...asTickets, elsewhere]) assertEquals(status, 401)
      assertEquals(untouched.status, 200)
    })
  )
})
