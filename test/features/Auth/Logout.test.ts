import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { Auth } from "../../../src/features/Auth.ts"
import { userOf } from "../../../src/domain/User.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"

const enter = (user_id: string) =>
  Effect.gen(function* () {
    const auth = yield* Auth
    const { token } = yield* Effect.flatMap(auth.link(userOf(user_id)), auth.exchange)
    const client = yield* Client.as(token)
    return { ...client, token, status: Client.statusOf(client.ask(({ rooms }) => rooms.list())) }
  })

const room = Effect.fnUntraced(function* ({ ask }: Effect.Effect.Success<ReturnType<typeof Client.as>>) {
  const { id } = yield* ask(({ rooms }) => rooms.create({ payload: { name: "the only one" } }))
  return { inRoom: { room_id: id }, stream: `/rooms/${id}/stream` }
})

layer(House.shared(), { excludeTestServices: true })("Logout", (it) => {
  it.effect("ends the token that was shown and clears the cookie; others of the same person go on", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([enter("guest-000000000001"), enter("guest-000000000001")])

      // In plain HTTP, for the cookie.
      const { data, headers } = yield* one.json("POST", "/auth/logout")

      deepStrictEqual(data, { success: true, message: "Logged out successfully" })
      assertEquals(headers["set-cookie"], "auth_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax")
      deepStrictEqual([yield* one.status, yield* other.status], [401, 200])
    })
  )

  it.scoped("ends the streams that the token opened, and no others", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([enter("guest-000000000002"), enter("guest-000000000002")])
      const { inRoom, stream } = yield* room(one)
      const { ticket } = yield* one.ask((parley) => parley.stream.ticket({ path: inRoom }))
      const nobody = yield* Client.as(null)
      const byTicket = yield* nobody.events(`${stream}?ticket=${ticket}`)
      const [gone, stays] = [yield* one.events(stream), yield* other.events(stream)]

      yield* one.ask(({ auth }) => auth.logout())
      yield* gone.over
      yield* byTicket.over
      yield* other.ask(({ messages }) => messages.send({ path: inRoom, payload: { content: "still here" } }))

      const frame = yield* stays.hears("new_message")
      assertEquals(frame.message.content, "still here")
    })
  )

  it.scoped("from everywhere ends every token and stream of the person", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([enter("guest-000000000003"), enter("guest-000000000003")])
      const stranger = yield* enter("guest-000000000004")
      const { inRoom, stream } = yield* room(one)
      const streams = [yield* one.events(stream), yield* other.events(stream)]

      // Without a body, which the client always sends.
      const { status } = yield* other.json("POST", "/auth/logout-everywhere")
      for (const { over } of streams) yield* over

      const again = yield* enter("guest-000000000003")
      deepStrictEqual(
        [status, yield* one.status, yield* other.status, yield* stranger.status, yield* again.status],
        [200, 401, 401, 200, 200]
      )
      assertEquals((yield* again.ask(({ rooms }) => rooms.get({ path: inRoom }))).name, "the only one")
    })
  )

  it.effect("of another is the admin's to say", () =>
    Effect.gen(function* () {
      const user_id = "guest-000000000005"
      const [guest, stranger] = yield* Effect.all([enter(user_id), enter("guest-000000000006")])
      const admin = yield* Client.make

      const logout = ({ ask }: typeof admin) => ask(({ auth }) => auth.logoutEverywhere({ payload: { user_id } }))
      const refused = yield* Effect.flip(logout(stranger))
      const before = yield* guest.status
      yield* logout(admin)

      deepStrictEqual([refused.status, before, yield* guest.status, yield* stranger.status], [403, 200, 401, 200])
      yield* admin.ask(({ rooms }) => rooms.list())
    })
  )
})
