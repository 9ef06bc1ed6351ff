// @effect-diagnostics globalFetch:off
import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Queue, Stream } from "effect"
import { connect } from "../../../src/client/client.ts"
import { ProviderEvent } from "../../../src/domain/Provider.ts"
import * as Client from "../../support/Client.ts"
import { emptyDocument } from "../../support/documents.ts"
import * as House from "../../support/House.ts"
import * as Puppet from "../../support/Puppet.ts"
import { is } from "../../support/events.ts"

const stage: { act: Puppet.Act } = { act: Puppet.skip }
const house = House.shared({
  agents: { Ada: "Ada builds clocks." },
  providers: [Puppet.make({ act: (call) => stage.act(call) }).provider]
})

type Caller = Effect.Effect.Success<ReturnType<typeof Client.as>>

let rooms = 0
const room = (client: Caller) =>
  Effect.map(
    client.ask(({ rooms: all }) => all.create({ payload: { name: `room ${++rooms}` } })),
    ({ id }) => id
  )
const say = (client: Caller, room_id: number, content: string) =>
  client.ask(({ messages }) => messages.send({ path: { room_id }, payload: { content } }))
const remove = (client: Caller, room_id: number) => client.ask(({ rooms }) => rooms.remove({ path: { room_id } }))
const anAgent = (client: Caller) =>
  Effect.map(
    client.ask(({ agents }) => agents.list()),
    ([agent]) => agent?.id ?? 0
  )
const contents = (frames: ReadonlyArray<Client.Frame>) =>
  frames.flatMap(({ data }) => (data?.type === "new_message" ? [[data.room_id, data.message.content]] : []))

layer(house, { excludeTestServices: true })("The stream of all rooms", (it) => {
  it.scoped("has what is in the caller's list: a guest's own rooms, and for the admin every room", () =>
    Effect.gen(function* () {
      const [admin, guest, stranger] = yield* Effect.all([Client.make, Client.guest, Client.guest])
      const [own, foreign] = [yield* room(guest), yield* room(stranger)]
      const readers = [yield* guest.events("/stream"), yield* admin.events("/stream")]
      const lists = yield* Effect.forEach(readers, ({ hears }) => hears("rooms"))

      yield* say(stranger, foreign, "not for the guest")
      yield* say(guest, own, "the end")
      yield* Effect.forEach(readers, ({ hears }) =>
        hears("new_message", ({ message }) => message.content === "the end")
      )

      deepStrictEqual(
        readers.map(({ seen }) => contents(seen)),
        [
          [[own, "the end"]],
          [
            [foreign, "not for the guest"],
            [own, "the end"]
          ]
        ]
      )
      for (const [at, client] of [guest, admin].entries()) {
        const listed = yield* client.ask(({ rooms }) => rooms.list())
        deepStrictEqual(lists[at]?.ids.toSorted(), listed.map(({ id }) => id).toSorted())
      }
    })
  )

  it.scoped("tells of a room however it is made, and when it is deleted, and goes on", () =>
    Effect.gen(function* () {
      const client = yield* Client.make
      const agent_id = yield* anAgent(client)
      const reader = yield* client.events("/stream")
      yield* reader.hears("rooms")

      const made = yield* room(client)
      const direct = yield* client.ask(({ agents }) => agents.directRoom({ path: { agent_id } }))
      const imported = yield* client.ask(({ documents }) => documents.import({ payload: emptyDocument }))
      yield* remove(client, made)
      yield* say(client, imported.room_id, "still here")
      yield* reader.hears("new_message")

      deepStrictEqual(
        reader.told.flatMap((event) =>
          event.type.startsWith("room_") && "room_id" in event ? [[event.type, event.room_id]] : []
        ),
        [
          ["room_created", made],
          ["room_created", direct.id],
          ["room_created", imported.room_id],
          ["room_deleted", made]
        ]
      )
      assertEquals(reader.told.find(is("room_created"))?.room.owner_id, "admin")
    })
  )

  it.scoped("gives who comes while agents speak what they have said so far, then exactly the rest", () =>
    Effect.gen(function* () {
      const client = yield* Client.make
      const agent_id = yield* anAgent(client)
      const id = yield* room(client)
      yield* client.ask(({ rooms }) => rooms.join({ path: { room_id: id, agent_id } }))
      const words = yield* Queue.unbounded<ProviderEvent | null>()
      const begun = yield* Deferred.make<void>()
      stage.act = (call) => {
        stage.act = Puppet.skip
        const first = Stream.fromEffect(Deferred.succeed(begun, undefined)).pipe(Stream.drain)
        const spoken = Stream.fromQueue(words).pipe(Stream.takeWhile((word) => word !== null))
        return Stream.concat(Stream.concat(first, spoken), Puppet.done(`session ${call.number}`))
      }
      yield* say(client, id, "Tell me something.")
      yield* Deferred.await(begun)
      const early = yield* client.events("/stream")
      yield* early.hears("stream_start")
      yield* Queue.offer(words, ProviderEvent.TextDelta({ text: "This is long enough to be shown at once, and " }))
      yield* early.hears("content_delta")

      const late = yield* client.events("/stream")
      const start = yield* late.hears("stream_start")
      yield* Queue.offer(words, ProviderEvent.TextDelta({ text: "there is more." }))
      yield* Queue.offer(words, null)
      const end = yield* late.hears("stream_end")

      const deltas = late.told.filter(is("content_delta"))
      deepStrictEqual(
        [start.room_id, start.response_text, ...deltas.map(({ offset, room_id }) => [room_id, offset])],
        [id, "This is long enough to be shown at once, and ", [id, start.response_text.length]]
      )
      assertEquals(start.response_text + deltas.map(({ delta }) => delta).join(""), end.response_text)
    })
  )

  it.scoped("a lost connection is made again from the last event, and names the rooms that there still are", () =>
    Effect.gen(function* () {
      const client = yield* Client.guest
      const [gone, stays] = [yield* room(client), yield* room(client)]
      const wires: Array<AbortController> = []
      const events = connect({
        url: client.base,
        token: client.token,
        fetch: (input, init = {}) => {
          const wire = new AbortController()
          wires.push(wire)
          return fetch(input, { ...init, signal: AbortSignal.any([wire.signal, init.signal ?? wire.signal]) })
        }
      }).followAll({ onLost: (hurry) => hurry() })
      const next = Effect.promise(() => events.next()).pipe(Effect.map(({ value }) => value))
      const hears = (type: string) => Effect.repeat(next, { until: (event) => event?.type === type })
      yield* hears("rooms")
      yield* say(client, stays, "one")
      yield* hears("new_message")

      const admin = yield* Client.make
      for (const wire of wires) wire.abort()
      yield* remove(admin, gone)
      yield* say(client, stays, "two")
      const list = yield* hears("rooms")
      const message = yield* hears("new_message")
      yield* Effect.promise(() => events.return())

      deepStrictEqual(list?.type === "rooms" ? list.ids : [], [stays])
      deepStrictEqual(message?.type === "new_message" ? message.message.content : "", "two")
    })
  )

  it.scoped("opens once with a ticket of its own, which opens no room; nor does a room's open this", () =>
    Effect.gen(function* () {
      const [guest, nobody] = [yield* Client.guest, yield* Client.as(null)]
      const id = yield* room(guest)
      const open = (path: string, { ticket }: { readonly ticket: string }) =>
        Effect.map(Effect.scoped(nobody.events(`${path}?ticket=${ticket}`)), ({ status }) => status)
      const [ticket, astray, other] = [
        yield* guest.ask(({ stream }) => stream.ticketOfAll()),
        yield* guest.ask(({ stream }) => stream.ticketOfAll()),
        yield* guest.ask(({ stream }) => stream.ticket({ path: { room_id: id } }))
      ]

      const reader = yield* nobody.events(`/stream?ticket=${ticket.ticket}`)
      const refused = [
        yield* open("/stream", ticket),
        yield* open(`/rooms/${id}/stream`, astray),
        yield* open("/stream", other),
        yield* open("/stream", { ticket: "" })
      ]
      yield* say(guest, id, "hello")
      const frame = yield* reader.hears("new_message")

      deepStrictEqual([frame.room_id, reader.status, refused], [id, 200, [401, 401, 401, 401]])
    })
  )

  it.scoped("ends with the logout of its reader, be it opened by token or by ticket", () =>
    Effect.gen(function* () {
      const [guest, nobody] = [yield* Client.guest, yield* Client.as(null)]
      const { ticket } = yield* guest.ask(({ stream }) => stream.ticketOfAll())
      const readers = [yield* guest.events("/stream"), yield* nobody.events(`/stream?ticket=${ticket}`)]

      yield* guest.ask(({ auth }) => auth.logout())
      yield* Effect.forEach(readers, ({ over }) => over)

      assertEquals((yield* guest.send("GET", "/stream")).status, 401)
    })
  )

  it.scoped("a position that is not known is answered with reset, and with everything from there on", () =>
    Effect.gen(function* () {
      const guest = yield* Client.guest
      const id = yield* room(guest)
      const reader = yield* guest.events("/stream", { "last-event-id": "99999999" })

      const reset = yield* reader.hears("reset")
      yield* say(guest, id, "after")
      yield* reader.hears("new_message")

      assertTrue(reset.after >= 0)
      deepStrictEqual(contents(reader.seen), [[id, "after"]])
    })
  )
})

layer(House.shared({ settings: { MAX_STREAMS_PER_USER: "2" } }), { excludeTestServices: true })(
  "The stream of all rooms with small bounds",
  (it) => {
    it.scoped("counts among its reader's streams", () =>
      Effect.gen(function* () {
        const guest = yield* Client.guest
        const id = yield* room(guest)
        yield* guest.events(`/rooms/${id}/stream`)
        yield* guest.events("/stream")

        const refused = yield* Effect.all([
          Effect.flip(guest.ask(({ stream }) => stream.all())),
          Effect.flip(guest.ask(({ stream }) => stream.stream({ path: { room_id: id } })))
        ])

        deepStrictEqual(
          refused.map(({ body, status }) => [status, body["whose"]]),
          [
            [429, "user"],
            [429, "user"]
          ]
        )
      })
    )
  }
)
