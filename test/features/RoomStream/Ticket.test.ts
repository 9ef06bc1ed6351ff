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
  const { id } = yield* admin.ask(({ rooms: all }) => all.create({ payload: { name: `room ${++rooms}` } }))
  const path = { room_id: id }
  const ticketOf = ({ ask }: Pick<typeof admin, "ask">) => ask((parley) => parley.stream.ticket({ path }))
  return { admin, nobody, id, path, stream: `/rooms/${id}/stream`, ticket: ticketOf(admin), ticketOf }
})

// A ticket is shown in plain HTTP, for it stands in the address.

layer(House.shared(), { excludeTestServices: true })("Stream tickets", (it) => {
  it.scoped("a ticket opens the room's stream once, without any header", () =>
    Effect.gen(function* () {
      const { admin, id, nobody, path, stream, ticket } = yield* setup
      const given = yield* ticket
      const address = `${stream}?ticket=${given.ticket}`

      const reader = yield* nobody.events(address)
      const again = yield* nobody.json("GET", address)
      yield* admin.ask(({ messages }) => messages.send({ path, payload: { content: "hello" } }))
      const frame = yield* reader.hears("new_message")

      deepStrictEqual([given.expires_in, given.room_id], [60, id])
      assertEquals(frame.message.content, "hello")
      deepStrictEqual([again.status, again.tag], [401, "Unauthenticated"])
    })
  )

  it.effect("many who show one ticket at the same time get one stream", () =>
    Effect.gen(function* () {
      const { nobody, stream, ticket } = yield* setup
      const address = `${stream}?ticket=${(yield* ticket).ticket}`

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
      const { admin, stream } = yield* setup
      const other = yield* setup
      const foreign = (yield* other.ticket).ticket

      const answers = yield* Effect.forEach([foreign, "wrong", "", "a&ticket=b"], (ticket) =>
        admin.json("GET", `${stream}?ticket=${ticket}`)
      )

      deepStrictEqual(
        answers.map(({ status }) => status),
        [401, 401, 401, 401]
      )
    })
  )

  it.effect("only who may enter the room gets a ticket for it", () =>
    Effect.gen(function* () {
      const { nobody, ticketOf } = yield* setup
      const guest = yield* Client.guest
      const nowhere = guest.ask(({ stream }) => stream.ticket({ path: { room_id: 999999 } }))

      const refused = yield* Effect.forEach([ticketOf(guest), ticketOf(nobody), nowhere], (asked) => Effect.flip(asked))

      deepStrictEqual(
        refused.map(({ status }) => status),
        [403, 401, 404]
      )
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
        const { admin, path, stream } = yield* setup
        const guest = yield* Client.guest
        const { id } = yield* guest.ask((parley) => parley.rooms.create({ payload: { name: "own" } }))
        const open = ({ ask }: Pick<typeof guest, "ask">, path: { readonly room_id: number }) =>
          ask((parley) => parley.stream.stream({ path }))

        const { more, most } = yield* Effect.scoped(
          Effect.gen(function* () {
            yield* admin.events(stream)
            yield* admin.events(stream)
            const more = yield* Effect.flip(open(admin, path))
            yield* guest.events(`/rooms/${id}/stream`)
            return { more, most: yield* Effect.flip(open(guest, { room_id: id })) }
          })
        )

        deepStrictEqual([more.status, more.tag, more.body["whose"]], [429, "TooManyStreams", "user"])
        deepStrictEqual([most.status, most.tag, most.body["whose"]], [429, "TooManyStreams", "server"])
      })
    )
  }
)
