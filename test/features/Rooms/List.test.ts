import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"

let rooms = 0

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const agents = yield* client.json("GET", "/agents")
  const agent: number = agents.data[0].id
  const create = (name = `room ${++rooms}`) => client.json("POST", "/rooms", { name })
  const id: number = (yield* create()).data.id
  const say = (content: string, room = id) => client.json("POST", `/rooms/${room}/messages/send`, { content })
  const said = Effect.map(client.json("GET", `/rooms/${id}/messages`), ({ data }) =>
    data.map((message: { readonly content: string }) => message.content)
  )
  return { ...client, sql, agent, create, id, say, said }
})

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })(
  "The list of rooms",
  (it) => {
    it.effect("is the same bytes until something is written, and new after each change of any room", () =>
      Effect.gen(function* () {
        const { create, id, json, say, send } = yield* setup
        const guest = yield* Client.guest
        const { data: other } = yield* create()
        const list = Effect.map(json("GET", "/rooms"), ({ data, headers }) => ({
          etag: String(headers["etag"]),
          found: data.find((room: { readonly id: number }) => room.id === id)
        }))
        const read = (etag: string) =>
          Effect.map(Effect.scoped(send("GET", "/rooms", undefined, { "if-none-match": etag })), ({ status }) => status)
        const changes = [
          json("POST", `/rooms/${id}/mark-read`),
          say("Something new."),
          json("PATCH", `/rooms/${id}`, { name: `renamed ${id}` }),
          json("POST", `/rooms/${id}/pause`),
          guest.json("POST", "/rooms", { name: `of a guest, beside ${id}` }),
          json("DELETE", `/rooms/${other.id}`)
        ]

        for (const change of changes) {
          const before = yield* list
          assertEquals(yield* read(before.etag), 304)
          yield* change
          assertEquals(yield* read(before.etag), 200)
        }
        const { found } = yield* list
        deepStrictEqual([found.name, found.is_paused, found.has_unread], [`renamed ${id}`, true, true])
        assertEquals(
          (yield* guest.json("GET", "/rooms")).data.some((room: { readonly id: number }) => room.id === id),
          false
        )
      })
    )

    it.effect("a room is unread until it is marked, and again when something is said, for each reader alone", () =>
      Effect.gen(function* () {
        const { json, say } = yield* setup
        const guest = yield* Client.guest
        const { data: room } = yield* guest.json("POST", "/rooms", { name: "read" })
        const unread = (client: Pick<typeof guest, "json">) =>
          Effect.map(client.json("GET", "/rooms"), ({ data }) => {
            const found = data.find(({ id }: { readonly id: number }) => id === room.id)
            return [found.has_unread, found.last_read_at === null]
          })

        const fresh = yield* unread(guest)
        const marked = yield* guest.json("POST", `/rooms/${room.id}/mark-read`)
        const read = [yield* unread(guest), yield* unread({ json })]
        yield* say("News", room.id)

        deepStrictEqual(fresh, [true, true])
        deepStrictEqual(read, [
          [false, false],
          [true, true]
        ])
        deepStrictEqual(yield* unread(guest), [true, false])
        assertEquals((yield* guest.json("GET", `/rooms/${room.id}`)).data.last_read_at, marked.data.last_read_at)
      })
    )

    it.effect("rooms are listed unread first, then by their latest activity; page by page, by that alone", () =>
      Effect.gen(function* () {
        const guest = yield* Client.guest
        const ids = yield* Effect.forEach(["a", "b", "c", "d"], (name) =>
          Effect.map(guest.json("POST", "/rooms", { name }), ({ data }): number => data.id)
        )
        const [a = 0, b = 0, c = 0, d = 0] = ids
        yield* guest.json("POST", `/rooms/${a}/messages/send`, { content: "x" })
        yield* Effect.forEach([c, d], (id) => guest.json("POST", `/rooms/${id}/mark-read`))

        const list = (query: string) =>
          Effect.map(guest.json("GET", `/rooms${query}`), ({ data }) =>
            data.map((room: { readonly id: number }) => room.id)
          )

        deepStrictEqual(yield* list(""), [a, b, d, c])
        deepStrictEqual(yield* list("?limit=2"), [a, d])
        deepStrictEqual(yield* list("?limit=3"), [a, d, c])
        deepStrictEqual(yield* list("?limit=1000"), [a, d, c, b])
        deepStrictEqual(yield* list(`?after=${d}`), [c, b])
      })
    )
  }
)
