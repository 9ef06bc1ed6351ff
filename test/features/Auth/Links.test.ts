import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { LoginLink } from "../../../src/domain/User.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"

type Speaker = Pick<Effect.Effect.Success<typeof Client.make>, "ask">

const makeLink = ({ ask }: Speaker, payload: { readonly user_id: string } | null) =>
  ask(({ auth }) => auth.makeLink({ payload }))
const enter = ({ ask }: Speaker, token: string) => ask(({ auth }) => auth.link({ payload: { token } }))

layer(House.shared(), { excludeTestServices: true })("Login links", (it) => {
  it.effect("a person opens the same rooms elsewhere by a link that works once", () =>
    Effect.gen(function* () {
      const guest = yield* Client.guest
      const nobody = yield* Client.as(null)
      yield* guest.ask(({ rooms }) => rooms.create({ payload: { name: "the guest's" } }))

      // Without a body, which the client always sends.
      const { data } = yield* guest.json("POST", "/auth/links")
      const link = yield* Schema.decodeUnknown(LoginLink)(data)
      const entered = yield* enter(nobody, link.token)
      const again = yield* Effect.flip(enter(nobody, link.token))
      const phone = yield* Client.as(entered.api_key)

      deepStrictEqual([link.url, link.expires_in], [`${guest.base}/#login=${link.token}`, 900])
      deepStrictEqual([entered.user_id, entered.role], [guest.user.user_id, "guest"])
      deepStrictEqual([again.status, again.tag], [401, "LinkSpent"])
      assertEquals((yield* phone.ask(({ rooms }) => rooms.list()))[0]?.name, "the guest's")
    })
  )

  it.effect("the admin can give a guest who lost the token the rooms back; a guest can make none for others", () =>
    Effect.gen(function* () {
      const [admin, guest, stranger] = yield* Effect.all([Client.make, Client.guest, Client.guest])
      const { user_id } = guest.user

      const link = yield* makeLink(admin, { user_id })
      const entered = yield* enter(stranger, link.token)
      const refused = yield* Effect.forEach([user_id, "admin"], (user_id) =>
        Effect.flip(makeLink(stranger, { user_id }))
      )
      const strange = yield* Effect.forEach(["root", "guest-x", ""], (user_id) =>
        Effect.flip(makeLink(admin, { user_id }))
      )

      deepStrictEqual([entered.user_id, entered.role], [user_id, "guest"])
      deepStrictEqual(
        refused.map(({ tag }) => tag),
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
      const room = yield* admin.ask(({ rooms }) => rooms.create({ payload: { name: "kinds" } }))
      const { ticket } = yield* admin.ask(({ stream }) => stream.ticket({ path: { room_id: room.id } }))
      const { token: link } = yield* makeLink(admin, null)
      const showings = (secret: string) => [
        { "x-api-key": secret },
        { authorization: `Bearer ${secret}` },
        { cookie: `auth_token=${secret}` }
      ]

      // In plain HTTP, for each is shown in every place that one can stand in.
      const asTokens = yield* Effect.forEach([ticket, link].flatMap(showings), (headers) =>
        nobody.json("GET", "/rooms", undefined, headers)
      )
      const asLinks = yield* Effect.forEach([ticket, admin.token], (token) => Effect.flip(enter(nobody, token)))
      const asTickets = yield* Effect.forEach([link, admin.token], (secret) =>
        nobody.json("GET", `/rooms/${room.id}/stream?ticket=${secret}`)
      )
      const elsewhere = yield* nobody.json("GET", `/rooms/${room.id}?ticket=${ticket}`)
      yield* enter(nobody, link)

      for (const { status } of [...asTokens, ...asLinks, ...asTickets, elsewhere]) assertEquals(status, 401)
    })
  )
})
