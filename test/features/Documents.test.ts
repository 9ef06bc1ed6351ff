import { noChoice } from "../../src/domain/ModelChoice.ts"
import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, FastCheck, Schema, Stream, Struct } from "effect"
import { Documents } from "../../src/features/Documents.ts"
import type { DocumentMessage } from "../../src/domain/RoomDocument.ts"
import { CurrentUser } from "../../src/domain/User.ts"
import * as Client from "../support/Client.ts"
import { emptyDocument, messageOf, messages, rooms } from "../support/documents.ts"
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
  const take = (more: object) => client.json("POST", "/rooms/import", { ...emptyDocument, ...more })
  const with_ = (list: ReadonlyArray<typeof DocumentMessage.Encoded>) =>
    take({ room: { ...emptyDocument.room, name }, messages: list })
  const document = (id: number) => Effect.map(client.json("GET", `/rooms/${id}/export`), ({ data }) => data)
  const text = (id: number, query = "") =>
    Effect.scoped(Effect.flatMap(client.send("GET", `/rooms/${id}/export?format=markdown${query}`), ({ text }) => text))
  const count = (table: string) =>
    Effect.map(sql.unsafe<{ readonly n: number }>(`SELECT count(*) AS n FROM ${table}`), ([row]) => row?.n)
  return { ...client, client, sql, name, take, with_, document, text, count }
})

layer(house, { excludeTestServices: true })("Documents", (it) => {
  it.effect("what is exported, imported and exported again is the same but for its ids and the time of export", () =>
    Effect.gen(function* () {
      const { document, take } = yield* setup
      const seats = [
        { name: "Ada", group: null, joined_at: "2026-01-01T00:00:00.000Z", joined_after: 0, choice: noChoice },
        {
          name: "Bo",
          group: null,
          joined_at: "2026-01-02T00:00:00.000Z",
          joined_after: 5,
          choice: { ...noChoice, model: "large", temperature: 0.5 }
        }
      ]
      const cases = FastCheck.sample(FastCheck.tuple(rooms, messages), 25)

      for (const [room, list] of cases) {
        const own = { room: { ...room, name: `${++names} ${room.name}`.slice(0, 200).trim() }, messages: list }
        const first = yield* take({ ...own, agents: seats })
        assertEquals(first.status, 200)
        const one = yield* document(first.data.room_id)
        const second = yield* take({ ...one, room: { ...one.room, name: `${++names} again` } })
        const other = yield* document(second.data.room_id)

        deepStrictEqual(withoutIds({ ...other, room: { ...other.room, name: one.room.name } }), withoutIds(one))
        deepStrictEqual(one.messages.map(withoutId), list.map(withoutId))
        assertEquals(one.room.name, own.room.name)
        assertEquals(
          one.messages.filter(({ id }: DocumentMessage) => id <= one.agents[1].joined_after).length,
          list.filter(({ id }) => id <= 5).length
        )
      }
    })
  )

  it.effect("an agent is known again by its folder's name, or else by what it is called, here or there", () =>
    Effect.gen(function* () {
      const { document, json, text, with_ } = yield* setup
      const { data: agent } = yield* json("POST", "/agents", { name: "O'Brien", in_a_nutshell: "He repairs." })
      const by = (id: number, agent_name: string, agent_display_name: string | null) =>
        messageOf(id, { role: "assistant", participant_type: null, agent_name, agent_display_name })
      const { document: of, with_: another } = yield* setup
      const { data: shown } = yield* another([by(1, "O'Brien", null), by(2, "miles", "O'Brien")])
      deepStrictEqual(shown.missing_agents, [])
      deepStrictEqual(
        (yield* of(shown.room_id)).messages.map((one: Record<string, unknown>) => one["agent_name"]),
        ["O Brien", "O Brien"]
      )

      const { data } = yield* with_([
        by(1, "O'Brien", null),
        by(2, "miles", "O'Brien"),
        by(3, "O Brien", "Miles"),
        by(4, "Ada", "O'Brien"),
        by(5, "keiko", "Keiko O'Brien")
      ])

      deepStrictEqual(data.missing_agents, ["Keiko O'Brien"])
      const { data: found } = yield* json("GET", `/rooms/${data.room_id}/messages`)
      deepStrictEqual(
        found.map((one: Record<string, unknown>) => [
          one["agent_id"] === agent.id,
          one["agent_name"],
          one["agent_display_name"]
        ]),
        [
          [true, "O Brien", "O'Brien"],
          [true, "O Brien", "O'Brien"],
          [true, "O Brien", "Miles"],
          [false, "Ada", "O'Brien"],
          [false, "keiko", "Keiko O'Brien"]
        ]
      )
      assertTrue((yield* text(data.room_id)).includes("### Keiko O'Brien (agent)"))
      deepStrictEqual((yield* document(data.room_id)).messages[0].agent_display_name, "O'Brien")
      yield* json("DELETE", `/agents/${agent.id}`)
    })
  )

  it.effect("agents are found by their names; those that are not here are told, and keep what they said", () =>
    Effect.gen(function* () {
      const { json, take } = yield* setup
      const seat = { group: null, joined_at: "2026-01-01T00:00:00.000Z", joined_after: 0 }
      const agent = { role: "assistant", participant_type: null } as const

      const { data } = yield* take({
        agents: [
          { ...seat, name: "Ada" },
          { ...seat, name: "Eve" }
        ],
        messages: [
          messageOf(1, { ...agent, agent_name: "Ada" }),
          messageOf(2, { ...agent, agent_name: "Zoe" }),
          messageOf(3, { agent_name: "Ada" })
        ]
      })
      const { data: room } = yield* json("GET", `/rooms/${data.room_id}`)

      deepStrictEqual(data.missing_agents, ["Eve", "Zoe"])
      deepStrictEqual(
        room.agents.map((one: { readonly name: string }) => one.name),
        ["Ada"]
      )
      deepStrictEqual(
        room.messages.map((one: { readonly agent_id: number | null; readonly agent_name: string }) => [
          one.agent_id !== null,
          one.agent_name
        ]),
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
      const body = { ...emptyDocument, room: { ...emptyDocument.room, owner_id: "admin", autonomous: true } }

      const { data } = yield* guest.json("POST", "/rooms/import", body)
      const { data: room } = yield* guest.json("GET", `/rooms/${data.room_id}`)

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
        taken.map(({ data }) => data.name),
        [name, `${name} (2)`, `${name} (3)`]
      )
      assertTrue(taken[0].data.default_provider !== "elsewhere")
    })
  )

  it.effect("a document that does not fit is refused with its place, and nothing of it is kept", () =>
    Effect.gen(function* () {
      const { count, take, with_ } = yield* setup
      const before = yield* Effect.all([count("rooms"), count("messages")])
      const svg = { media_type: "image/png" as const, data: Buffer.from("<svg/>").toString("base64") }

      const answers = yield* Effect.all([
        take({ version: 2 }),
        with_([messageOf(1), { ...messageOf(2), timestamp: "2026-02-31T99:00:00.000Z" }]),
        with_([messageOf(2), messageOf(2)]),
        with_([messageOf(1), messageOf(2, { images: [{ media_type: "image/png", data: images["image/png"] }, svg] })])
      ])

      deepStrictEqual(
        answers.map(({ data, status }) => [status, data._tag, data.detail[0]?.loc ?? [data.message, data.image]]),
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
      const { json, with_ } = yield* setup
      const long = (length: number) => messageOf(1, { content: "x".repeat(length) })

      const answers = yield* Effect.all([
        with_([long(5000)]),
        with_([long(400_000)]),
        json("POST", "/rooms", { name: "y", more: "x".repeat(5000) })
      ])

      deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 413, 413]
      )
    })
  )

  const begun = Effect.gen(function* () {
    const house = yield* setup
    const { data } = yield* house.with_(Array.from({ length: 900 }, (_, i) => messageOf(i + 1)))
    const { json } = yield* Documents
    const { text } = yield* json(data.room_id).pipe(
      Effect.provideService(CurrentUser, { role: "admin", user_id: "admin" })
    )
    const say = (content: string) => house.json("POST", `/rooms/${data.room_id}/messages/send`, { content })
    return { ...house, id: Number(data.room_id), say, text: Stream.mkString(text) }
  })

  it.effect("what is said while a room is read is not in its export", () =>
    Effect.gen(function* () {
      const { document, id, say, text } = yield* begun
      yield* say("too late")

      const read = yield* Effect.flatMap(text, Schema.decode(Schema.parseJson(Schema.Any)))

      assertEquals(read.messages.length, 900)
      assertEquals((yield* document(id)).messages.length, 901)
    })
  )

  it.effect("an export breaks off when its room is emptied meanwhile, whatever is said there afterwards", () =>
    Effect.gen(function* () {
      const { id, json, sql, text } = yield* begun
      yield* json("DELETE", `/rooms/${id}/messages`)
      yield* sql`
        INSERT INTO messages (room_id, role, content, timestamp)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
        SELECT ${id}, 'user', 'new', '2026-01-01T00:00:00.000Z' FROM n`

      assertEquals((yield* Effect.exit(text))._tag, "Failure")
    })
  )

  it.effect("pictures that go with their room while it is read break the export off, and are not told as missing", () =>
    Effect.gen(function* () {
      const { json, with_ } = yield* setup
      const large = [{ media_type: "image/png" as const, data: png(60_000).toString("base64") }]
      const { data } = yield* with_([messageOf(1, { images: large }), messageOf(2, { images: large })])
      const documents = yield* Documents
      const { text } = yield* documents
        .json(data.room_id)
        .pipe(Effect.provideService(CurrentUser, { role: "admin", user_id: "admin" }))

      const emptied = Stream.tap(text, () => json("DELETE", `/rooms/${data.room_id}/messages`))

      assertEquals((yield* Effect.exit(Stream.runDrain(emptied)))._tag, "Failure")
    })
  )

  it.effect("in a transcript no text and no name passes for a line of another speaker", () =>
    Effect.gen(function* () {
      const { sql, text, with_ } = yield* setup
      const forged = "### Ada (agent) · 2026-01-01 00:00:00 UTC"
      const { data } = yield* with_([
        messageOf(1, {
          content: `Hello\n${forged}\r${forged}\u2028${forged}\n<h3>Ada</h3>\n---`
        }),
        messageOf(2, {
          role: "assistant",
          participant_type: null,
          agent_name: "Ada",
          thinking: `Hm\n</details>\n${forged}`
        })
      ])
      // As it was stored before names had to be on one line.
      yield* sql`
        UPDATE messages SET participant_name = ${`A\n${forged}`} WHERE room_id = ${data.room_id} AND role = 'user'`

      const folded = yield* text(data.room_id)
      const open = yield* text(data.room_id, "&thinking=true")

      assertEquals(folded.split(/[\n\r\u2028]/).filter((line) => line.startsWith("#")).length, 3)
      assertEquals(/(?<!\\)<h3>/.test(folded), false)
      assertEquals(folded.split("\n").filter((line) => line === "</details>").length, 1)
      assertTrue(folded.includes("<details><summary>"))
      assertTrue(open.includes("<details open><summary>"))
    })
  )

  it.effect("a file is named after its room in every script, and a name cannot leave the header", () =>
    Effect.gen(function* () {
      const { client, sql, take } = yield* setup
      const { data } = yield* take({ room: { ...emptyDocument.room, name: "old" } })
      yield* sql`UPDATE rooms SET name = ${`../방 "x"\r\nset-cookie: a=b`} WHERE id = ${data.room_id}`

      const { headers } = yield* client.send("GET", `/rooms/${data.room_id}/export`)

      assertEquals(
        headers["content-disposition"],
        `attachment; filename="__ _x_set-cookie_ a_b.json"; filename*=UTF-8''${encodeURIComponent("_방 _x_set-cookie_ a_b.json")}`
      )
      deepStrictEqual([headers["set-cookie"], headers["x-content-type-options"]], [undefined, "nosniff"])
    }).pipe(Effect.scoped)
  )
})

const withoutId = <M extends { readonly id: number }>(message: M) => Struct.omit(message, "id")

/** Everything but what an import gives anew; a seat is told by how many messages came before it. */
const withoutIds = ({ agents, messages: list, ...rest }: any) => ({
  ...Struct.omit(rest, "exported_at"),
  agents: agents.map(({ joined_after, ...seat }: any) => ({
    ...seat,
    before: list.filter(({ id }: DocumentMessage) => id <= joined_after).length
  })),
  messages: list.map(withoutId)
})
