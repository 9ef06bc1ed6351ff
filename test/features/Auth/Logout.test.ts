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
    return { ...client, token, status: Effect.map(client.json("GET", "/rooms"), ({ status }) => status) }
  })

const room = Effect.fnUntraced(function* (client: Effect.Effect.Success<ReturnType<typeof Client.as>>) {
  const { data } = yield* client.json("POST", "/rooms", { name: "the only one" })
  return `/rooms/${data.id}`
})

layer(House.shared(), { excludeTestServices: true })("Logout", (it) => {
  it.effect("ends the token that was shown and clears the cookie; others of the same person go on", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([enter("guest-000000000001"), enter("guest-000000000001")])

      const { data, headers } = yield* one.json("POST", "/auth/logout")

      deepStrictEqual(data, { success: true, message: "Logged out successfully" })
      assertEquals(headers["set-cookie"], "auth_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax")
      deepStrictEqual([yield* one.status, yield* other.status], [401, 200])
    })
  )

  it.scoped("ends the streams that the token opened, and no others", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([enter("guest-000000000002"), enter("guest-000000000002")])
      const path = yield* room(one)
      const { data } = yield* one.json("POST", `${path}/sse-ticket`)
      const nobody = yield* Client.as(null)
      const byTicket = yield* nobody.events(`${path}/stream?ticket=${data.ticket}`)
      const [gone, stays] = [yield* one.events(`${path}/stream`), yield* other.events(`${path}/stream`)]

      yield* one.json("POST", "/auth/logout")
      yield* gone.over
      yield* byTicket.over
      yield* other.json("POST", `${path}/messages/send`, { content: "still here" })

      const frame = yield* stays.hears("new_message")
      assertEquals(frame.message.content, "still here")
    })
  )

  it.scoped("from everywhere ends every token and stream of the person", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([enter("guest-000000000003"), enter("guest-000000000003")])
      const stranger = yield* enter("guest-000000000004")
      const path = yield* room(one)
      const streams = [yield* one.events(`${path}/stream`), yield* other.events(`${path}/stream`)]

      const { status } = yield* other.json("POST", "/auth/logout-everywhere")
      for (const { over } of streams) yield* over

      const again = yield* enter("guest-000000000003")
      deepStrictEqual(
        [status, yield* one.status, yield* other.status, yield* stranger.status, yield* again.status],
        [200, 401, 401, 200, 200]
      )
      assertEquals((yield* again.json("GET", path)).data.name, "the only one")
    })
  )

  it.effect("of another is the admin's to say", () =>
    Effect.gen(function* () {
      const user_id = "guest-000000000005"
      const [guest, stranger] = yield* Effect.all([enter(user_id), enter("guest-000000000006")])
      const admin = yield* Client.make

      const refused = yield* stranger.json("POST", "/auth/logout-everywhere", { user_id })
      const before = yield* guest.status
      yield* admin.json("POST", "/auth/logout-everywhere", { user_id })

      deepStrictEqual([refused.status, before, yield* guest.status, yield* stranger.status], [403, 200, 401, 200])
      assertEquals((yield* admin.json("GET", "/rooms")).status, 200)
    })
  )
})
