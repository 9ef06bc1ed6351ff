import { noChoice } from "../../src/domain/ModelChoice.ts"
import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, FastCheck, Schema, Stream, Struct } from "effect"
import type { Wire } from "../../src/client/client.ts"
import { Documents } from "../../src/features/Documents.ts"
import type { RoomDocument, WrittenDocument } from "../../src/domain/RoomDocument.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { CurrentUser } from "../../src/domain/User.ts"
import * as Client from "../support/Client.ts"
import { emptyDocument, exported, messageOf, messages, rooms, seatOf, transcript } from "../support/documents.ts"
import * as House from "../support/House.ts"
import { images, png } from "../support/images.ts"

const house = House.shared({
  agents: { Ada: "Ada builds clocks.", Bo: "Bo keeps bees." },
  settings: { MAX_BODY_BYTES: "4096", MAX_IMPORT_BYTES: "300000" }
})

let names = 0

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const name = `room ${++names}`
  const { ask } = client
  const take = (more: Partial<Wire<RoomDocument>>) =>
    ask(({ documents }) => documents.import({ payload: { ...emptyDocument, ...more } }))
  const with_ = (messages: Wire<RoomDocument>["messages"]) => take({ room: { ...emptyDocument.room, name }, messages })
  const document = (room_id: number) => exported(ask, room_id)
  const read = (room_id: number) => ask(({ rooms }) => rooms.get({ path: { room_id } }))
  const clear = (room_id: number) => ask(({ messages }) => messages.clear({ path: { room_id } }))
  const count = (table: string) =>
    Effect.map(sql.unsafe<{ readonly n: number }>(`SELECT count(*) AS n FROM ${table}`), ([row]) => row?.n)
  const text = (id: number) => transcript(client.send, id)
  return { ...client, sql, name, take, with_, document, text, read, clear, count }
})

layer(house, { excludeTestServices: true })("Documents", (it) => {
  it.effect("what is exported, imported and exported again is the same but for its ids and the time of export", () =>
    Effect.gen(function* () {
      const { document, take } = yield* setup
      const seats = [
        seatOf("Ada"),
        seatOf("Bo", { joined_after: 5, choice: { ...noChoice, model: "large", temperature: 0.5 } })
      ]
      const cases = FastCheck.sample(FastCheck.tuple(rooms, messages), 25)

      for (const [room, list] of cases) {
        const own = { room: { ...room, name: `${++names} ${room.name}`.slice(0, 200).trim() }, messages: list }
        const first = yield* take({ ...own, agents: seats })
        const one = yield* document(first.room_id)
        const second = yield* take({ ...one, room: { ...one.room, name: `${++names} again` } })
        const other = yield* document(second.room_id)

        deepStrictEqual(withoutIds({ ...other, room: { ...other.room, name: one.room.name } }), withoutIds(one))
        deepStrictEqual(one.messages.map(withoutId), list.map(withoutId))
        assertEquals(one.room.name, own.room.name)
        assertEquals(
          one.messages.filter(({ id }) => id <= (one.agents[1]?.joined_after ?? 0)).length,
          list.filter(({ id }) => id <= 5).length
        )
      }
    })
  )

  it.effect("an agent is known again by its folder's name, or else by what it is called, here or there", () =>
    Effect.gen(function* () {
      const { ask, document, text, with_ } = yield* setup
      const agent = yield* ask(({ agents }) =>
        agents.create({ payload: { name: "O'Brien", in_a_nutshell: "He repairs." } })
      )
      const by = (id: number, agent_name: string, agent_display_name: string | null) =>
        messageOf(id, { role: "assistant", participant_type: null, agent_name, agent_display_name })
      const { document: of, with_: another } = yield* setup
      const shown = yield* another([by(1, "O'Brien", null), by(2, "miles", "O'Brien")])
      deepStrictEqual(shown.missing_agents, [])
      deepStrictEqual(
        (yield* of(shown.room_id)).messages.map(({ agent_name }) => agent_name),
        ["O Brien", "O Brien"]
      )

      const { missing_agents, room_id } = yield* with_([
        by(1, "O'Brien", null),
        by(2, "miles", "O'Brien"),
        by(3, "O Brien", "Miles"),
        by(4, "Ada", "O'Brien"),
        by(5, "keiko", "Keiko O'Brien")
      ])

      deepStrictEqual(missing_agents, ["Keiko O'Brien"])
      const found = yield* ask(({ messages }) => messages.list({ path: { room_id } }))
      deepStrictEqual(
        found.map(({ agent_display_name, agent_id, agent_name }) => [
          agent_id === agent.id,
          agent_name,
          agent_display_name
        ]),
        [
          [true, "O Brien", "O'Brien"],
          [true, "O Brien", "O'Brien"],
          [true, "O Brien", "Miles"],
          [false, "Ada", "O'Brien"],
          [false, "keiko", "Keiko O'Brien"]
        ]
      )
      assertTrue((yield* text(room_id)).includes("### Keiko O'Brien (agent)"))
      deepStrictEqual((yield* document(room_id)).messages[0]?.agent_display_name, "O'Brien")
      yield* ask(({ agents }) => agents.remove({ path: { agent_id: agent.id } }))
    })
  )

  it.effect("agents are found by their names; those that are not here are told, and keep what they said", () =>
    Effect.gen(function* () {
      const { read, take } = yield* setup
      const agent = { role: "assistant", participant_type: null } as const

      const { missing_agents, room_id } = yield* take({
        agents: [seatOf("Ada"), seatOf("Eve")],
        messages: [
          messageOf(1, { ...agent, agent_name: "Ada" }),
          messageOf(2, { ...agent, agent_name: "Zoe" }),
          messageOf(3, { agent_name: "Ada" })
        ]
      })
      const room = yield* read(room_id)

      deepStrictEqual(missing_agents, ["Eve", "Zoe"])
      deepStrictEqual(
        room.agents.map(({ name }) => name),
        ["Ada"]
      )
      deepStrictEqual(
        room.messages.map(({ agent_id, agent_name }) => [agent_id !== null, agent_name]),
        [
          [true, "Ada"],
          [false, "Zoe"],
          [false, "Ada"]
        ]
      )
    })
  )

  it.effect("a guest's import is a room of that guest's, whoever had it before, and nobody is asked to speak", () =>
    Effect.gen(function* () {
      const { count } = yield* setup
      const guest = yield* Client.guest
      const rounds = yield* count("rounds")
      const foreign = { ...emptyDocument.room, owner_id: "admin", autonomous: true }

      const { room_id } = yield* guest.ask(({ documents }) =>
        documents.import({ payload: { ...emptyDocument, room: foreign } })
      )
      const room = yield* guest.ask(({ rooms }) => rooms.get({ path: { room_id } }))

      assertEquals(room.owner_id, guest.user.user_id)
      assertEquals(yield* count("rounds"), rounds)
      const { sql } = yield* setup
      const [row] = yield* sql`SELECT quiet_rounds = autonomous_max_rounds AS rests FROM rooms WHERE id = ${room.id}`
      assertEquals(row?.["rests"], 1)
    })
  )

  it.effect("a name that is taken gets a number, and an unknown provider is replaced by this server's own", () =>
    Effect.gen(function* () {
      const { name, take } = yield* setup
      const room = { ...emptyDocument.room, name, default_provider: "elsewhere", default_model: "huge" }

      const taken = yield* Effect.all([take({ room }), take({ room }), take({ room })])

      deepStrictEqual(
        taken.map(({ name }) => name),
        [name, `${name} (2)`, `${name} (3)`]
      )
      assertTrue(taken[0].default_provider !== "elsewhere")
    })
  )

  it.effect("a document that does not fit is refused with its place, and nothing of it is kept", () =>
    Effect.gen(function* () {
      const { count, take, with_ } = yield* setup
      const before = yield* Effect.all([count("rooms"), count("messages")])
      const svg = { media_type: "image/png" as const, data: Buffer.from("<svg/>").toString("base64") }

      const later: object = { version: 2 }
      const misfits = yield* Effect.all(
        [
          take(later),
          with_([messageOf(1), { ...messageOf(2), timestamp: "2026-02-31T99:00:00.000Z" }]),
          with_([messageOf(2), messageOf(2)]),
          with_([messageOf(1), messageOf(2, { images: [{ media_type: "image/png", data: images["image/png"] }, svg] })])
        ].map((take) => Effect.flip(take))
      )

      deepStrictEqual(
        misfits.map(({ body, detail, status, tag }) => [
          status,
          tag,
          typeof detail === "string" ? [body["message"], body["image"]] : detail[0]?.loc
        ]),
        [
          [422, "Invalid", ["body", "version"]],
          [422, "Invalid", ["body", "messages", 1, "timestamp"]],
          [422, "Invalid", ["body", "messages", 1, "id"]],
          [422, "DocumentRefused", [1, 2]]
        ]
      )
      deepStrictEqual(yield* Effect.all([count("rooms"), count("messages")]), before)
    })
  )

  it.effect("an import has a bound of its own, and other bodies keep theirs", () =>
    Effect.gen(function* () {
      const { ask, with_ } = yield* setup
      const long = (length: number) => messageOf(1, { content: "x".repeat(length) })

      const taken = yield* with_([long(5000)])
      const refused = yield* Effect.flip(with_([long(400_000)]))
      const more: object = { more: "x".repeat(5000) }
      const other = yield* Effect.flip(ask(({ rooms }) => rooms.create({ payload: { name: "y", ...more } })))

      deepStrictEqual([taken.message_count, refused.status, other.status], [1, 413, 413])
    })
  )

  const asAdmin = Effect.provideService(CurrentUser, { role: "admin", user_id: "admin" })

  const begun = Effect.gen(function* () {
    const house = yield* setup
    const { room_id } = yield* house.with_(Array.from({ length: 900 }, (_, i) => messageOf(i + 1)))
    const documents = yield* Documents
    const { text } = yield* asAdmin(documents.json(RoomId.make(room_id)))
    const say = (content: string) =>
      house.ask(({ messages }) => messages.send({ path: { room_id }, payload: { content } }))
    return { ...house, id: room_id, say, text: Stream.mkString(text) }
  })

  it.effect("what is said while a room is read is not in its export", () =>
    Effect.gen(function* () {
      const { document, id, say, text } = yield* begun
      yield* say("too late")

      const read = yield* Effect.flatMap(text, Schema.decode(Whole))

      assertEquals(read.messages.length, 900)
      assertEquals((yield* document(id)).messages.length, 901)
    })
  )

  it.effect("an export breaks off when its room is emptied meanwhile, whatever is said there afterwards", () =>
    Effect.gen(function* () {
      const { clear, id, sql, text } = yield* begun
      yield* clear(id)
      yield* sql`
        INSERT INTO messages (room_id, role, content, timestamp)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
        SELECT ${id}, 'user', 'new', '2026-01-01T00:00:00.000Z' FROM n`

      assertEquals((yield* Effect.exit(text))._tag, "Failure")
    })
  )

  it.effect("pictures that go with their room while it is read break the export off, and are not told as missing", () =>
    Effect.gen(function* () {
      const { clear, with_ } = yield* setup
      const large = [{ media_type: "image/png" as const, data: png(60_000).toString("base64") }]
      const { room_id } = yield* with_([messageOf(1, { images: large }), messageOf(2, { images: large })])
      const documents = yield* Documents
      const { text } = yield* asAdmin(documents.json(RoomId.make(room_id)))

      const emptied = Stream.tap(text, () => clear(room_id))

      assertEquals((yield* Effect.exit(Stream.runDrain(emptied)))._tag, "Failure")
    })
  )
})

const Whole = Schema.parseJson(Schema.Struct({ messages: Schema.Array(Schema.Unknown) }))

const withoutId = <M extends { readonly id: number }>(message: M) => Struct.omit(message, "id")

/** Everything but what an import gives anew; a seat is told by how many messages came before it. */
const withoutIds = ({ agents, messages: list, ...rest }: Wire<WrittenDocument>) => ({
  ...Struct.omit(rest, "exported_at"),
  agents: agents.map(({ joined_after, ...seat }) => ({
    ...seat,
    before: list.filter(({ id }) => id <= joined_after).length
  })),
  messages: list.map(withoutId)
})
