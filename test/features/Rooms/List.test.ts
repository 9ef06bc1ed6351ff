import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"

type Caller = Effect.Effect.Success<typeof Client.guest>

const create = ({ ask }: Pick<Caller, "ask">, name: string) =>
  Effect.map(
    ask(({ rooms }) => rooms.create({ payload: { name } })),
    ({ id }) => id
  )
const say = ({ ask }: Pick<Caller, "ask">, room_id: number) =>
  ask(({ messages }) => messages.send({ path: { room_id }, payload: { content: "News" } }))
const mark = ({ ask }: Pick<Caller, "ask">, room_id: number) =>
  ask(({ rooms }) => rooms.markRead({ path: { room_id } }))

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })(
  "The list of rooms",
  (it) => {
    it.effect("is the same bytes until something is written, and new after each change of any room", () =>
      Effect.gen(function* () {
        const [admin, guest] = yield* Effect.all([Client.make, Client.guest])
        const { ask, send } = admin
        const [id, other] = [yield* create(admin, "changed"), yield* create(admin, "deleted")]
        const path = { room_id: id }
        const etag = Effect.map(Effect.scoped(send("GET", "/rooms")), ({ headers }) => String(headers["etag"]))
        const read = (etag: string) =>
          Effect.map(Effect.scoped(send("GET", "/rooms", undefined, { "if-none-match": etag })), ({ status }) => status)
        const changes = [
          mark(admin, id),
          say(admin, id),
          ask(({ rooms }) => rooms.update({ path, payload: { name: "renamed" } })),
          ask(({ rooms }) => rooms.pause({ path })),
          create(guest, "of a guest"),
          ask(({ rooms }) => rooms.remove({ path: { room_id: other } }))
        ]

        for (const change of changes) {
          const before = yield* etag
          assertEquals(yield* read(before), 304)
          yield* change
          assertEquals(yield* read(before), 200)
        }
        const found = (yield* ask(({ rooms }) => rooms.list())).find((room) => room.id === id)
        deepStrictEqual([found?.name, found?.is_paused, found?.has_unread], ["renamed", true, true])
        const others = yield* guest.ask(({ rooms }) => rooms.list())
        assertEquals(
          others.some((room) => room.id === id),
          false
        )
      })
    )

    it.effect("a room is unread until it is marked, and again when something is said, for each reader alone", () =>
      Effect.gen(function* () {
        const [admin, guest] = yield* Effect.all([Client.make, Client.guest])
        const room = yield* create(guest, "read")
        const unread = ({ ask }: Pick<Caller, "ask">) =>
          Effect.map(
            ask(({ rooms }) => rooms.list()),
            (all) => {
              const found = all.find(({ id }) => id === room)
              return [found?.has_unread, found?.last_read_at === null]
            }
          )

        const fresh = yield* unread(guest)
        const marked = yield* mark(guest, room)
        const read = [yield* unread(guest), yield* unread(admin)]
        yield* say(admin, room)

        deepStrictEqual(fresh, [true, true])
        deepStrictEqual(read, [
          [false, false],
          [true, true]
        ])
        deepStrictEqual(yield* unread(guest), [true, false])
        const { last_read_at } = yield* guest.ask(({ rooms }) => rooms.get({ path: { room_id: room } }))
        assertEquals(last_read_at, marked.last_read_at)
      })
    )

    it.effect("rooms are listed unread first, then by their latest activity; page by page, by that alone", () =>
      Effect.gen(function* () {
        const guest = yield* Client.guest
        const ids = yield* Effect.forEach(["a", "b", "c", "d"], (name) => create(guest, name))
        const [a = 0, b = 0, c = 0, d = 0] = ids
        yield* say(guest, a)
        yield* Effect.forEach([c, d], (id) => mark(guest, id))

        const list = (urlParams: { readonly limit?: number; readonly after?: number } = {}) =>
          Effect.map(
            guest.ask(({ rooms }) => rooms.list({ urlParams })),
            (all) => all.map(({ id }) => id)
          )

        deepStrictEqual(yield* list(), [a, b, d, c])
        deepStrictEqual(yield* list({ limit: 2 }), [a, d])
        deepStrictEqual(yield* list({ limit: 3 }), [a, d, c])
        deepStrictEqual(yield* list({ limit: 1000 }), [a, d, c, b])
        deepStrictEqual(yield* list({ after: d }), [c, b])
      })
    )
  }
)
