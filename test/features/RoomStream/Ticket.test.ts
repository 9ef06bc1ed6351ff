import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { admin } from "../../../src/domain/User.ts"
import { OpenStreams } from "../../../src/features/OpenStreams.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"

let rooms = 0

const setup = Effect.gen(function* () {
  const admin = yield* Client.make
  const nobody = yield* Client.as(null)
  const { data } = yield* admin.json("POST", "/rooms", { name: `room ${++rooms}` })
  const path = `/rooms/${data.id}`
  const ticket = Effect.map(admin.json("POST", `${path}/sse-ticket`), ({ data }) => data)
  return { admin, nobody, path, id: data.id, ticket }
})

layer(House.shared(), { excludeTestServices: true })("Stream tickets", (it) => {
  it.scoped("a ticket opens the room's stream once, without any header", () =>
    Effect.gen(function* () {
      const { admin, id, nobody, path, ticket } = yield* setup
      const given = yield* ticket
      const address = `${path}/stream?ticket=${given.ticket}`

      const stream = yield* nobody.events(address)
      const again = yield* nobody.json("GET", address)
      yield* admin.json("POST", `${path}/messages/send`, { content: "hello" })
      const frame = yield* stream.hears("new_message")

      deepStrictEqual([given.expires_in, given.room_id], [60, id])
      assertEquals(frame.message.content, "hello")
      deepStrictEqual([again.status, again.data._tag], [401, "Unauthenticated"])
    })
  )

  it.effect("many who show one ticket at the same time get one stream", () =>
    Effect.gen(function* () {
      const { nobody, path, ticket } = yield* setup
      const address = `${path}/stream?ticket=${(yield* ticket).ticket}`

      const statuses = yield* Effect.scoped(
        Effect.all(
          Array.from({ length: 8 }, () => Effect.map(nobody.events(address), ({ status }) => status)),
          { concurrency: "unbounded" }
        )
      )

      deepStrictEqual(statuses.toSorted(), [200, 401, 401, 401, 401, 401, 401, 401])
    })
  )

  it.effect("a ticket of another room, a wrong one and an empty one are refused, whatever else is shown", () =>
    Effect.gen(function* () {
      const { admin, path } = yield* setup
      const other = yield* setup
      const foreign = (yield* other.ticket).ticket

      const answers = yield* Effect.forEach([foreign, "wrong", "", "a&ticket=b"], (ticket) =>
        admin.json("GET", `${path}/stream?ticket=${ticket}`)
      )

      deepStrictEqual(
        answers.map(({ status }) => status),
        [401, 401, 401, 401]
      )
    })
  )

  it.effect("only who may enter the room gets a ticket for it", () =>
    Effect.gen(function* () {
      const { nobody, path } = yield* setup
      const guest = yield* Client.guest

      const statuses = [
        (yield* guest.json("POST", `${path}/sse-ticket`)).status,
        (yield* nobody.json("POST", `${path}/sse-ticket`)).status,
        (yield* guest.json("POST", "/rooms/999999/sse-ticket")).status
      ]

      deepStrictEqual(statuses, [403, 401, 404])
    })
  )
})

layer(House.shared({ settings: { MAX_STREAMS_PER_USER: "2", MAX_STREAMS: "3" } }), { excludeTestServices: true })(
  "Streams with small bounds",
  (it) => {
    it.effect("a place is free again when a stream has closed", () =>
      Effect.gen(function* () {
        const streams = yield* OpenStreams
        const holder = { user: admin, token: "t", until: Infinity }
        const both = Effect.scoped(Effect.all([1, 2].map(() => streams.open(holder, () => {}))))

        yield* both
        yield* both
        const third = Effect.scoped(
          Effect.zipRight(
            Effect.all([1, 2].map(() => streams.open(holder, () => {}))),
            streams.open(holder, () => {})
          )
        )

        assertEquals((yield* Effect.flip(third)).whose, "user")
      })
    )

    it.effect("one person's streams and all of them together are bounded", () =>
      Effect.gen(function* () {
        const { admin, path } = yield* setup
        const guest = yield* Client.guest
        const { data } = yield* guest.json("POST", "/rooms", { name: "own" })
        const own = `/rooms/${data.id}/stream`

        const { more, most } = yield* Effect.scoped(
          Effect.gen(function* () {
            yield* admin.events(`${path}/stream`)
            yield* admin.events(`${path}/stream`)
            const more = yield* admin.json("GET", `${path}/stream`)
            yield* guest.events(own)
            return { more, most: yield* guest.json("GET", own) }
          })
        )

        deepStrictEqual([more.status, more.data._tag, more.data.whose], [429, "TooManyStreams", "user"])
        deepStrictEqual([most.status, most.data._tag, most.data.whose], [429, "TooManyStreams", "server"])
      })
    )
  }
)
