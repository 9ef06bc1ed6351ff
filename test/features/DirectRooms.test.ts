import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Array, Effect } from "effect"
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
  const agents = yield* guest.ask(({ agents }) => agents.list())
  const [ada = 0, bo = 0] = agents.map(({ id }) => id)
  const open = (agent_id: number, urlParams: { readonly provider?: string; readonly model?: string } = {}) =>
    guest.ask(({ agents }) => agents.directRoom({ path: { agent_id }, urlParams }))
  const direct = (wanted: Parameters<typeof open>[1] = {}) => open(ada, wanted)
  return { ...guest, admin, ada, bo, direct, open }
})

layer(house, { excludeTestServices: true })("DirectRooms", (it) => {
  it.effect("many who ask at the same time get one room, in which the agent sits since then", () =>
    Effect.gen(function* () {
      const { ada, ask, direct } = yield* setup
      const sql = yield* SqlClient.SqlClient

      const answers = yield* Effect.all(
        Array.makeBy(50, () => direct()),
        { concurrency: "unbounded" }
      )

      const room = yield* Array.head(answers)
      assertEquals(new Set(answers.map(({ id }) => id)).size, 1)
      deepStrictEqual([room.name, room.agents.map(({ id }) => id), room.messages], ["Direct: Ada", [ada], []])
      assertEquals((yield* ask(({ rooms }) => rooms.list())).length, 1)
      const [seat] = yield* sql`SELECT joined_at, joined_after FROM room_agents WHERE room_id = ${room.id}`
      assertEquals(seat?.["joined_at"], room.created_at)
    })
  )

  it.effect("each person has a room of their own with the agent", () =>
    Effect.gen(function* () {
      const [first, second] = [yield* setup, yield* setup]

      const mine = yield* first.direct()
      const theirs = yield* second.direct()

      assertTrue(mine.id !== theirs.id)
      deepStrictEqual([mine.owner_id, theirs.owner_id], [first.user.user_id, second.user.user_id])
    })
  )

  it.effect("the room has the name that the agent is shown by, and stays the same when that changes", () =>
    Effect.gen(function* () {
      const { admin, bo, open } = yield* setup
      const call = (display_name: string) =>
        admin.ask(({ agents }) => agents.update({ path: { agent_id: bo }, payload: { display_name } }))

      const before = yield* open(bo)
      yield* call("O'Brien")
      const after = yield* open(bo)
      deepStrictEqual([before.name, after.name, after.id], ["Direct: Bo", "Direct: Bo", before.id])
      assertEquals((yield* (yield* setup).open(bo)).name, "Direct: O'Brien")
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
          direct({ provider: one.name, model: one.defaultModel }),
          direct({ provider: "other" }),
          direct({ provider: "other", model: "large" }),
          direct({ provider: "other", model: "large" }),
          direct({ model: "large" })
        ])

        deepStrictEqual(
          rooms.map(({ default_provider, name }) => [name, default_provider]),
          [
            ["Direct: Ada", "puppet"],
            ["Direct: Ada", "puppet"],
            ["Direct: Ada (other)", "other"],
            ["Direct: Ada (other) [large]", "other"],
            ["Direct: Ada (other) [large]", "other"],
            ["Direct: Ada [large]", "puppet"]
          ]
        )
        assertEquals(new Set(rooms.map(({ id }) => id)).size, 4)
        const unknown = yield* Effect.flip(direct({ provider: "nobody" }))
        deepStrictEqual([unknown.status, unknown.tag], [400, "ProviderUnknown"])
      })
  )

  it.effect("a room of that name in which the agent does not sit stays as it is, and the agent's gets a number", () =>
    Effect.gen(function* () {
      const { ask, bo, direct } = yield* setup
      const own = yield* ask(({ rooms }) => rooms.create({ payload: { name: "Direct: Ada" } }))
      yield* ask(({ rooms }) => rooms.join({ path: { room_id: own.id, agent_id: bo } }))

      const [first, again] = [yield* direct(), yield* direct()]

      deepStrictEqual([first.name, again.id], ["Direct: Ada 2", first.id])
      const after = yield* ask(({ rooms }) => rooms.get({ path: { room_id: own.id } }))
      deepStrictEqual(
        after.agents.map(({ id }) => id),
        [bo]
      )
    })
  )

  it.effect("an agent that nobody knows has no room", () =>
    Effect.gen(function* () {
      const { open } = yield* setup

      const { detail, status, tag } = yield* Effect.flip(open(999_999))

      deepStrictEqual([status, tag, detail], [404, "AgentNotFound", "Agent not found"])
    })
  )
})
