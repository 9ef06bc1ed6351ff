import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber } from "effect"
import { RoomId } from "../../src/domain/RoomId.ts"
import { RoomRepo } from "../../src/store/RoomRepo.ts"
import { WriteQueue } from "../../src/store/WriteQueue.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

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

const all = { concurrency: "unbounded" } as const
const tables = ["rooms", "room_agents", "rounds", "messages", "turns", "sessions", "room_reads", "events"]

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Rooms", (it) => {
  it.effect("of many who make a room of one name at the same time exactly one gets it, the others 409", () =>
    Effect.gen(function* () {
      const { create, json } = yield* setup

      const answers = yield* Effect.all(
        Array.from({ length: 20 }, () => create("the one")),
        all
      )

      const lost = answers.filter(({ status }) => status !== 200)
      assertEquals(lost.length, 19)
      deepStrictEqual(
        [...new Set(lost.map(({ data, status }) => `${status} ${data._tag} ${data.name}`))],
        ["409 RoomExists the one"]
      )
      const { data } = yield* json("GET", "/rooms")
      assertEquals(data.filter(({ name }: { readonly name: string }) => name === "the one").length, 1)
    })
  )

  it.effect(
    "of many who rename their rooms to one name at the same time exactly one does, and the others keep theirs",
    () =>
      Effect.gen(function* () {
        const { create, json } = yield* setup
        const own = yield* Effect.forEach(Array.from({ length: 10 }), () => create())

        const answers = yield* Effect.all(
          own.map(({ data }) => json("PATCH", `/rooms/${data.id}`, { name: "the wanted", max_interactions: 7 })),
          all
        )

        deepStrictEqual(answers.map(({ status }) => status).toSorted(), [200, ...Array.from({ length: 9 }, () => 409)])
        const after = yield* Effect.forEach(own, ({ data }) => json("GET", `/rooms/${data.id}`))
        deepStrictEqual(
          after.map(({ data }) => [data.name, data.max_interactions]),
          own.map(({ data }, at) => (answers[at]?.status === 200 ? ["the wanted", 7] : [data.name, null]))
        )
      })
  )

  it.effect("two owners may use one name, and a room may be renamed to the name that it has", () =>
    Effect.gen(function* () {
      const { create, id, json } = yield* setup
      const guest = yield* Client.guest

      const mine = yield* create("a common name")
      const theirs = yield* guest.json("POST", "/rooms", { name: "a common name" })
      const again = yield* json("PATCH", `/rooms/${mine.data.id}`, { name: "a common name" })
      const taken = yield* json("PATCH", `/rooms/${id}`, { name: " a common name " })

      deepStrictEqual(
        [mine, theirs, again, taken].map(({ status }) => status),
        [200, 200, 200, 409]
      )
    })
  )

  it.effect("a change takes away a limit that is named as null and leaves alone what is not named", () =>
    Effect.gen(function* () {
      const { id, json } = yield* setup
      const change = (body: object) =>
        Effect.map(json("PATCH", `/rooms/${id}`, body), ({ data, status }) =>
          status === 200 ? [data.name, data.max_interactions] : [status, data._tag]
        )
      const name = `renamed ${id}`

      deepStrictEqual(
        yield* Effect.forEach(
          [
            { max_interactions: 5 },
            { name: `  ${name}\n`, is_finished: true },
            { name: null, is_paused: null },
            { max_interactions: -1 },
            { max_interactions: 1.5 },
            { name: " \n" },
            { name: "x".repeat(201) },
            {},
            { max_interactions: null }
          ],
          change
        ),
        [
          [`room ${rooms}`, 5],
          [name, 5],
          [name, 5],
          [400, "SettingRefused"],
          [400, "SettingRefused"],
          [422, "Invalid"],
          [422, "Invalid"],
          [name, 5],
          [name, null]
        ]
      )
    })
  )

  it.effect(
    "a room deleted while posts are in flight: each post is stored and acknowledged, or 404, and no row is left",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { agent, create, events, json, say, sql } = yield* setup
          const before = yield* sql`SELECT (SELECT count(*) FROM room_agents) + (SELECT count(*) FROM messages) AS n`

          for (const ahead of [0, 10, 40]) {
            const { data: room } = yield* create()
            yield* json("POST", `/rooms/${room.id}/agents/${agent}`)
            yield* json("POST", `/rooms/${room.id}/mark-read`)
            const reader = yield* events(`/rooms/${room.id}/stream?after=0`)
            const posts = Array.from({ length: 50 }, (_, at) => say(`post ${at}`, room.id))

            const first = yield* Effect.fork(Effect.all(posts.slice(0, ahead), all))
            if (ahead > 0) yield* reader.hears("new_message")
            const [removed, ...rest] = yield* Effect.all(
              [json("DELETE", `/rooms/${room.id}`), ...posts.slice(ahead)],
              all
            )
            const answers = [...(yield* Fiber.join(first)), ...rest]
            yield* reader.over

            const stored = reader.told.flatMap((event) => (event.type === "new_message" ? [event.message.id] : []))
            const acknowledged = answers.flatMap(({ data, status }) => (status === 200 ? [data.id] : []))
            assertEquals(removed.status, 200)
            deepStrictEqual(
              answers.filter(({ status }) => status !== 200 && status !== 404),
              []
            )
            deepStrictEqual(stored.toSorted(), acknowledged.toSorted())
            assertEquals(reader.seen.at(-1)?.type, "room_deleted")
            for (const table of tables) {
              const column = table === "rooms" ? "id" : "room_id"
              const rows = yield* sql`SELECT * FROM ${sql(table)} WHERE ${sql(column)} = ${room.id}`
              deepStrictEqual(rows, [], table)
            }
            deepStrictEqual(yield* sql`PRAGMA foreign_key_check`, [])
          }

          deepStrictEqual(
            yield* sql`SELECT (SELECT count(*) FROM room_agents) + (SELECT count(*) FROM messages) AS n`,
            before
          )
        })
      )
  )

  it.effect("whatever else is asked of a room that is being deleted is done or 404", () =>
    Effect.gen(function* () {
      const { agent, create, json } = yield* setup
      for (let round = 0; round < 5; round++) {
        const { data: room } = yield* create()
        const path = `/rooms/${room.id}`
        yield* json("GET", path)

        const answers = yield* Effect.all(
          [
            json("POST", `${path}/mark-read`),
            json("DELETE", path),
            json("POST", `${path}/mark-read`),
            json("POST", `${path}/agents/${agent}`),
            json("PATCH", path, { max_interactions: 3 }),
            json("POST", `${path}/pause`),
            json("DELETE", `${path}/messages`),
            json("GET", path),
            json("DELETE", path),
            json("DELETE", `${path}/agents/${agent}`)
          ],
          all
        )

        deepStrictEqual(
          answers.filter(({ status }) => status !== 200 && status !== 404),
          []
        )
        assertEquals((yield* json("GET", path)).status, 404)
      }
    })
  )

  it.effect("a room that has just gone, and is still remembered, takes nothing more", () =>
    Effect.gen(function* () {
      const { agent, id, json, say } = yield* setup
      const [queue, repo] = yield* Effect.all([WriteQueue, RoomRepo])
      const path = `/rooms/${id}`
      yield* json("GET", path)
      yield* queue.write(repo.hide(RoomId.make(id)))

      const answers = yield* Effect.all([
        say("Hello"),
        json("POST", `${path}/mark-read`),
        json("POST", `${path}/agents/${agent}`),
        json("PATCH", path, { name: "else" }),
        json("DELETE", `${path}/messages`)
      ])

      deepStrictEqual(
        answers.map(({ data, status }) => [status, data._tag]),
        Array.from({ length: 5 }, () => [404, "RoomNotFound"])
      )
    })
  )

  it.effect("joining twice seats once, and the notice appears once and only when something was said before", () =>
    Effect.gen(function* () {
      const { agent, create, id, json, said, say } = yield* setup
      const { data: quiet } = yield* create()

      const early = yield* json("POST", `/rooms/${quiet.id}/agents/${agent}`)
      yield* say("Hello")
      const joined = yield* Effect.all(
        Array.from({ length: 5 }, () => json("POST", `/rooms/${id}/agents/${agent}`)),
        all
      )

      deepStrictEqual([early.data.agents.length, early.data.messages], [1, []])
      deepStrictEqual(
        joined.map(({ data, status }) => [status, data.agents.length]),
        Array.from({ length: 5 }, () => [200, 1])
      )
      deepStrictEqual(yield* said, ["Hello", "Ada joined the chat"])
      const [, notice] = (yield* json("GET", `/rooms/${id}/messages`)).data
      deepStrictEqual(
        [notice.role, notice.participant_type, notice.agent_id, notice.agent_name],
        ["assistant", "system", null, null]
      )
    })
  )

  it.effect("a room that was cleared is as one in which nothing was said", () =>
    Effect.gen(function* () {
      const { agent, id, json, said, say } = yield* setup
      yield* say("Hello")

      const cleared = yield* json("DELETE", `/rooms/${id}/messages`)
      yield* json("POST", `/rooms/${id}/agents/${agent}`)

      assertEquals(cleared.status, 200)
      deepStrictEqual(yield* said, [])
      assertEquals((yield* json("DELETE", "/rooms/999999/messages")).status, 404)
    })
  )

  it.effect("an agent that leaves is out of the roster at once, and cannot leave twice", () =>
    Effect.gen(function* () {
      const { agent, id, json } = yield* setup
      const path = `/rooms/${id}/agents/${agent}`
      const joined = yield* json("POST", path)

      const [first, second] = [yield* json("DELETE", path), yield* json("DELETE", path)]

      assertEquals(joined.data.agents.length, 1)
      deepStrictEqual([first.status, second.status, second.data._tag], [200, 404, "RoomOrAgentNotFound"])
      deepStrictEqual((yield* json("GET", `/rooms/${id}/agents`)).data, [])
    })
  )
})
