import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import * as Puppet from "../support/Puppet.ts"

const one = Puppet.make({ act: Puppet.skip }).provider
const other = { ...Puppet.make({ act: Puppet.skip }).provider, name: "other" }
const house = House.shared({
  agents: { Ada: "Ada builds clocks.", Bo: "Bo keeps bees.\n---\ncritic: true" },
  providers: [one, other]
})

const setup = Effect.gen(function* () {
  const guest = yield* Client.guest
  const admin = yield* Client.make
  const { data: agents } = yield* guest.json("GET", "/agents")
  const [ada, bo]: ReadonlyArray<number> = agents.map(({ id }: { readonly id: number }) => id)
  const direct = (query = "") => guest.json("GET", `/agents/${ada}/direct-room${query}`)
  return { ...guest, admin, ada, bo, direct }
})

layer(house, { excludeTestServices: true })("DirectRooms", (it) => {
  it.effect("many who ask at the same time get one room, in which the agent sits since then", () =>
    Effect.gen(function* () {
      const { ada, direct, json } = yield* setup
      const sql = yield* SqlClient.SqlClient

      const answers = yield* Effect.all(
        Array.from({ length: 50 }, () => direct()),
        { concurrency: "unbounded" }
      )

      const room = answers[0]?.data
      deepStrictEqual([...new Set(answers.map(({ data, status }) => `${status} ${data.id}`))], [`200 ${room.id}`])
      deepStrictEqual([room.name, room.agents.length, room.agents[0].id, room.messages], ["Direct: Ada", 1, ada, []])
      assertEquals((yield* json("GET", "/rooms")).data.length, 1)
      const [seat] = yield* sql`SELECT joined_at, joined_after FROM room_agents WHERE room_id = ${room.id}`
      assertEquals(seat?.["joined_at"], room.created_at)
    })
  )

  it.effect("each person has a room of their own with the agent", () =>
    Effect.gen(function* () {
      const [first, second] = [yield* setup, yield* setup]

      const mine = yield* first.direct()
      const theirs = yield* second.direct()

      assertTrue(mine.data.id !== theirs.data.id)
      deepStrictEqual([mine.data.owner_id, theirs.data.owner_id], [first.user.user_id, second.user.user_id])
    })
  )

  it.effect("the room has the name that the agent is shown by, and stays the same when that changes", () =>
    Effect.gen(function* () {
      const { admin, bo, json } = yield* setup
      const call = (display_name: string) => admin.json("PATCH", `/agents/${bo}`, { display_name })
      const open = Effect.map(json("GET", `/agents/${bo}/direct-room`), ({ data }) => [data.id, data.name])

      const before = yield* open
      yield* call("O'Brien")
      deepStrictEqual([before[1], yield* open], ["Direct: Bo", before])
      const { data } = yield* (yield* setup).json("GET", `/agents/${bo}/direct-room`)
      assertEquals(data.name, "Direct: O'Brien")
      yield* call("")
    })
  )

  it.effect(
    "another provider or model has a room of its own, the default's is the same with and without its name",
    () =>
      Effect.gen(function* () {
        const { direct } = yield* setup

        const rooms = yield* Effect.all([
          direct(),
          direct(`?provider=${one.name}&model=${one.defaultModel}`),
          direct("?provider=other"),
          direct("?provider=other&model=large"),
          direct("?provider=other&model=large"),
          direct("?model=large")
        ])

        deepStrictEqual(
          rooms.map(({ data }) => [data.name, data.default_provider]),
          [
            ["Direct: Ada", "puppet"],
            ["Direct: Ada", "puppet"],
            ["Direct: Ada (other)", "other"],
            ["Direct: Ada (other) [large]", "other"],
            ["Direct: Ada (other) [large]", "other"],
            ["Direct: Ada [large]", "puppet"]
          ]
        )
        assertEquals(new Set(rooms.map(({ data }) => data.id)).size, 4)
        const unknown = yield* direct("?provider=nobody")
        deepStrictEqual([unknown.status, unknown.data._tag], [400, "ProviderUnknown"])
      })
  )

  it.effect("a room of that name in which the agent does not sit stays as it is, and the agent's gets a number", () =>
    Effect.gen(function* () {
      const { bo, direct, json } = yield* setup
      const { data: own } = yield* json("POST", "/rooms", { name: "Direct: Ada" })
      yield* json("POST", `/rooms/${own.id}/agents/${bo}`)

      const [first, again] = [yield* direct(), yield* direct()]

      deepStrictEqual([first.data.name, again.data.id], ["Direct: Ada 2", first.data.id])
      const { data: after } = yield* json("GET", `/rooms/${own.id}`)
      deepStrictEqual(
        after.agents.map(({ id }: { readonly id: number }) => id),
        [bo]
      )
    })
  )

  it.effect("an agent that nobody knows has no room", () =>
    Effect.gen(function* () {
      const { json } = yield* setup

      const { data, status } = yield* json("GET", "/agents/999999/direct-room")

      deepStrictEqual([status, data._tag, data.detail], [404, "AgentNotFound", "Agent not found"])
    })
  )
})
