import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { stringify } from "../../src/lib/json.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const { data: room } = yield* client.json("POST", "/rooms", {
    name: `fields ${yield* Effect.clockWith((clock) => clock.currentTimeNanos)}`
  })
  const [agent] = (yield* client.json("GET", "/agents")).data
  return { ...client, room, agent }
})

const house = House.shared({ agents: { Ada: "Ada builds clocks." } })

layer(house, { excludeTestServices: true })("Fields that cannot be set", (it) => {
  it.effect("are named, whatever else is asked for, and nothing is changed", () =>
    Effect.gen(function* () {
      const { json, room } = yield* setup
      const path = `/rooms/${room.id}`
      const fixed = Object.keys(room).filter(
        (name) => !/^(name|is_paused|is_finished|max_|turn_|double_|budget_|autonomous|someone_)/.test(name)
      )

      const { data, status } = yield* json("PATCH", path, { ...room, name: "changed", max_interaction: 5 })
      const both = yield* json("PATCH", path, { owner_id: "guest-000000000000", max_messages: 0 })
      const after = yield* json("GET", path)

      deepStrictEqual(
        [status, data._tag, data.fields.toSorted()],
        [400, "FieldsRefused", [...fixed, "max_interaction"].toSorted()]
      )
      assertEquals(data.detail, `These fields cannot be set: ${data.fields.join(", ")}`)
      deepStrictEqual([both.status, both.data.fields], [400, ["owner_id"]])
      deepStrictEqual(after.data, room)
    })
  )

  it.effect("of an agent are named also", () =>
    Effect.gen(function* () {
      const { agent, json } = yield* setup
      const { data, status } = yield* json("PATCH", `/agents/${agent.id}`, {
        name: "Bo",
        system_prompt: "x",
        priority: 3
      })

      deepStrictEqual([status, data._tag, data.fields], [400, "FieldsRefused", ["name", "system_prompt"]])
      assertEquals((yield* json("GET", `/agents/${agent.id}`)).data.priority, 0)
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
      deepStrictEqual([status, data.detail[0].msg], [422, "Expected a name of 1 to 200 characters on one line"])
      for (const id of [`0x${room.id}`, `${room.id}e0`, `%20${room.id}`, `${room.id}.0`, `+${room.id}`]) {
        assertEquals((yield* json("GET", `/rooms/${id}`)).status, 400, id)
      }
    })
  )

  it.effect("do not turn one person's logout into another's, nor an eviction into one of all", () =>
    Effect.gen(function* () {
      const { json } = yield* setup
      const asked = [
        yield* json("POST", "/auth/logout-everywhere", { user: "guest-000000000000" }),
        yield* json("POST", "/auth/links", { userid: "guest-000000000000" }),
        yield* json("POST", "/admin/pool/evict", { room: 1 })
      ]

      deepStrictEqual(
        asked.map(({ data, status }) => [status, data._tag, data.fields]),
        [["user"], ["userid"], ["room"]].map((fields) => [400, "FieldsRefused", fields])
      )
      assertEquals((yield* json("GET", "/auth/verify")).status, 200)
    })
  )

  it.effect("that clients of the original send are still accepted", () =>
    Effect.gen(function* () {
      const { agent, json, room } = yield* setup
      const name = `${room.name} of the original`
      const answers = [
        yield* json("PATCH", `/rooms/${room.id}`, { is_finished: false, is_paused: null, max_interactions: 3 }),
        yield* json("PATCH", `/agents/${agent.id}`, { backgrounds: "x", memory: null, recent_events: "- rain" }),
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
