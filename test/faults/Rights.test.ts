import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Redacted } from "effect"
import { sign } from "../../src/features/Sign.ts"
import { admin, type User, userOf } from "../../src/domain/User.ts"
import { client } from "../support/Caller.ts"
import { home, layer, serve, withPassword } from "../support/Process.ts"

const secret = "the secret of this test, long enough for its purpose"
const guests = { GUEST_PASSWORD_HASH: "$2b$04$j4p7pj2hd1Wn9xfKKlJpBuLTfleT45KyV6WKeDpHHKFRFCshtgnY6" }
const otherHash = guests.GUEST_PASSWORD_HASH
const settings = { ...withPassword, ...guests, JWT_SECRET: secret }

/** A token as another server with the same secret would issue it, now or some seconds ago. */
const issued = (user: User, seconds: number, ago = 0) =>
  Effect.flatMap(
    Effect.clockWith((clock) => clock.currentTimeMillis),
    (now) => sign(Redacted.make(secret), user, { from: Math.floor(now / 1000) - ago, seconds: seconds + ago })
  )

const ada = userOf("guest-0123456789ab")
const status = (base: string, token: string) =>
  Effect.flatMap(client(base, token), ({ call }) => Effect.map(call("GET", "/rooms"), ({ status }) => status))

describe("The rights of a token", () => {
  it.scopedLive("end with its time, on streams that were opened by a header and by a ticket", () =>
    Effect.gen(function* () {
      const { base } = yield* serve(yield* home, settings)
      const long = yield* client(base, yield* issued(admin, 3600))
      const { data: room } = yield* long.call("POST", "/rooms", { name: "brief" })
      const brief = yield* client(base, yield* issued(admin, 3))
      const { data } = yield* brief.call("POST", `/rooms/${room.id}/sse-ticket`)
      const nobody = yield* client(base)

      const streams = [yield* brief.follow(room.id), yield* nobody.follow(room.id, `?ticket=${data.ticket}`)]
      const stays = yield* long.follow(room.id)
      for (const { sees } of streams) yield* sees(/event: login_ended\ndata: .*"reason":"expired"/)
      yield* long.call("POST", `/rooms/${room.id}/messages/send`, { content: "after the end" })
      yield* stays.sees(/after the end/)

      deepStrictEqual(
        streams.map(({ reader }) => reader.text.includes("after the end")),
        [false, false]
      )
      deepStrictEqual((yield* brief.call("GET", `/rooms/${room.id}/stream`)).status, 401)
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("end with a restart without guests or with another password, and else outlive it", () =>
    Effect.gen(function* () {
      const folder = yield* home
      const tokens = yield* Effect.forEach([admin, ada], (user) => issued(user, 3600, 60))
      const start = Effect.fnUntraced(function* (more: Readonly<Record<string, string>>) {
        const server = yield* serve(folder, { ...settings, ...more })
        const found = yield* Effect.forEach(tokens, (token) => status(server.base, token))
        yield* server.signal("SIGTERM")
        yield* server.ended
        return found
      }, Effect.scoped)

      const found = {
        first: yield* start({}),
        same: yield* start({}),
        "without guests": yield* start({ ENABLE_GUEST_LOGIN: "false" }),
        "with guests again": yield* start({}),
        "another password": yield* start({ API_KEY_HASH: otherHash }),
        "the first password again": yield* start({})
      }

      deepStrictEqual(found, {
        first: [200, 200],
        same: [200, 200],
        "without guests": [200, 401],
        "with guests again": [200, 401],
        "another password": [401, 401],
        "the first password again": [401, 401]
      })
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("end with a reload: its streams close, and no old token opens another", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* home
      const file = (lines: Readonly<Record<string, string>>) =>
        fs.writeFileString(
          `${folder}/.env`,
          Object.entries(lines)
            .map(([name, value]) => `${name}='${value}'`)
            .join("\n")
        )
      yield* file(settings)
      const { base } = yield* serve(folder, {})
      const enter = (password: string) =>
        Effect.flatMap(client(base), ({ call }) =>
          Effect.flatMap(call("POST", "/auth/login", { password }), ({ data }) => client(base, data.api_key))
        )
      const guest = yield* enter("guest")
      const owner = yield* enter("admin")
      const { data: room } = yield* guest.call("POST", "/rooms", { name: "the guest's" })
      const [ofGuest, ofOwner] = [yield* guest.follow(room.id), yield* owner.follow(room.id)]
      const reload = Effect.map(owner.call("POST", "/admin/reload"), ({ data, status }) => [
        status,
        (data.settings ?? []).map(({ name }: { readonly name: string }) => name)
      ])

      yield* file({ ...settings, ENABLE_GUEST_LOGIN: "false" })
      const withoutGuests = yield* reload
      yield* ofGuest.sees(/event: login_ended\ndata: .*"reason":"revoked"/)
      const refused = (yield* guest.call("GET", "/rooms")).status

      yield* file({ JWT_SECRET: secret })
      const withoutPassword = yield* owner.call("POST", "/admin/reload")

      yield* file({ ...settings, API_KEY_HASH: otherHash, ENABLE_GUEST_LOGIN: "false" })
      const withOther = yield* reload
      yield* ofOwner.sees(/event: login_ended\ndata: .*"reason":"revoked"/)
      const ended = (yield* owner.call("GET", "/rooms")).status
      const again = yield* enter("guest")

      deepStrictEqual([withoutGuests, refused], [[200, ["ENABLE_GUEST_LOGIN"]], 401])
      deepStrictEqual(
        [withoutPassword.status, withoutPassword.data.problems],
        [400, ["API_KEY_HASH: can be taken away only by a restart"]]
      )
      deepStrictEqual([withOther, ended], [[200, ["API_KEY_HASH"]], 401])
      deepStrictEqual((yield* again.call("GET", "/auth/verify")).data.role, "admin")
    }).pipe(Effect.provide(layer))
  )
})
