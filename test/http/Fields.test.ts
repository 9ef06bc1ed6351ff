import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { at } from "../support/at.ts"
import { stringify } from "../../src/lib/json.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const name = `fields ${yield* Effect.clockWith((clock) => clock.currentTimeNanos)}`
  const room = yield* client.ask(({ rooms }) => rooms.create({ payload: { name } }))
  const [agent] = yield* client.ask(({ agents }) => agents.list())
  return { ...client, room, ada: { agent_id: agent?.id ?? 0 } }
})

const house = House.shared({ agents: { Ada: "Ada builds clocks." } })

// In plain HTTP, for the client's types have no such fields.

layer(house, { excludeTestServices: true })("Fields that cannot be set", (it) => {
  it.effect("are named, whatever else is asked for, and nothing is changed", () =>
    Effect.gen(function* () {
      const { ask, json, room } = yield* setup
      const path = `/rooms/${room.id}`
      const fixed = Object.keys(room).filter(
        (name) => !/^(name|is_paused|is_finished|max_|turn_|double_|budget_|autonomous|someone_)/.test(name)
      )

      const { data, status, tag } = yield* json("PATCH", path, { ...room, name: "changed", max_interaction: 5 })
      const both = yield* json("PATCH", path, { owner_id: "guest-000000000000", max_messages: 0 })
      const after = yield* ask(({ rooms }) => rooms.get({ path: { room_id: room.id } }))

      const fields = yield* Schema.decodeUnknown(Schema.Array(Schema.String))(at(data, "fields"))
      deepStrictEqual(
        [status, tag, fields.toSorted()],
        [400, "FieldsRefused", [...fixed, "max_interaction"].toSorted()]
      )
      assertEquals(at(data, "detail"), `These fields cannot be set: ${fields.join(", ")}`)
      deepStrictEqual([both.status, at(both.data, "fields")], [400, ["owner_id"]])
      deepStrictEqual(after, room)
    })
  )

  it.effect("of an agent are named also", () =>
    Effect.gen(function* () {
      const { ada, ask, json } = yield* setup
      const { data, status, tag } = yield* json("PATCH", `/agents/${ada.agent_id}`, {
        name: "Bo",
        system_prompt: "x",
        priority: 3
      })

      deepStrictEqual([status, tag, at(data, "fields")], [400, "FieldsRefused", ["name", "system_prompt"]])
      assertEquals((yield* ask(({ agents }) => agents.get({ path: ada }))).priority, 0)
    })
  )

  it.effect("and values that cannot be taken are said again only in part, however long and many", () =>
    Effect.gen(function* () {
      const { json, room } = yield* setup
      const long = "x".repeat(1_000_000)
      const path = `/rooms/${room.id}`
      const refused = [
        yield* json("POST", `${path}/messages/send`, { content: long }),
        yield* json("POST", `${path}/messages/send`, { content: "x", participant_type: long }),
        yield* json("PATCH", path, { [long]: 1 }),
        yield* json("PATCH", path, Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`x${n}`, n]))),
        yield* json("POST", "/rooms/import", { format: long }),
        yield* json("POST", "/auth/login", { password: { long } })
      ]
      for (const { data, status } of refused) {
        assertTrue(status >= 400 && status < 500)
        assertTrue(stringify(data).length < 4000, stringify(data).slice(0, 500))
      }
    })
  )

  it.effect("an empty name is refused in words, and a number in an address is written in digits", () =>
    Effect.gen(function* () {
      const { json, room } = yield* setup
      const { data, status } = yield* json("PATCH", `/rooms/${room.id}`, { name: "" })
      deepStrictEqual(
        [status, at(data, "detail", 0, "msg")],
        [422, "Expected a name of 1 to 200 characters on one line"]
      )
      for (const id of [`0x${room.id}`, `${room.id}e0`, `%20${room.id}`, `${room.id}.0`, `+${room.id}`]) {
        assertEquals((yield* json("GET", `/rooms/${id}`)).status, 400, id)
      }
    })
  )

  it.effect("do not turn one person's logout into another's, nor an eviction into one of all", () =>
    Effect.gen(function* () {
      const { ask, json } = yield* setup
      const asked = [
        yield* json("POST", "/auth/logout-everywhere", { user: "guest-000000000000" }),
        yield* json("POST", "/auth/links", { userid: "guest-000000000000" }),
        yield* json("POST", "/admin/pool/evict", { room: 1 })
      ]

      deepStrictEqual(
        asked.map(({ data, status, tag }) => [status, tag, at(data, "fields")]),
        [["user"], ["userid"], ["room"]].map((fields) => [400, "FieldsRefused", fields])
      )
      yield* ask(({ auth }) => auth.verify())
    })
  )

  it.effect("that clients of the original send are still accepted", () =>
    Effect.gen(function* () {
      const { ada, json, room } = yield* setup
      const name = `${room.name} of the original`
      const answers = [
        yield* json("PATCH", `/rooms/${room.id}`, { is_finished: false, is_paused: null, max_interactions: 3 }),
        yield* json("PATCH", `/agents/${ada.agent_id}`, { backgrounds: "x", memory: null, recent_events: "- rain" }),
        yield* json("POST", "/rooms", { name, is_paused: true, description: "x" }),
        yield* json("POST", `/rooms/${room.id}/messages/send`, { content: "a", role: "assistant", agent_id: 7 })
      ]

      deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200]
      )
    })
  )
})
