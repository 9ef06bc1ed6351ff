import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Array, Effect, Either, Fiber, identity } from "effect"
import type { Client as Parley, Refused } from "../../src/client/client.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { RoomRepo } from "../../src/store/RoomRepo.ts"
import { WriteQueue } from "../../src/store/WriteQueue.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

type Payload = Parameters<Parley["rooms"]["update"]>[0]["payload"]

let rooms = 0

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const { ask } = client
  const [{ id: agent } = { id: 0 }] = yield* ask(({ agents }) => agents.list())
  const create = (name = `room ${++rooms}`) => ask(({ rooms }) => rooms.create({ payload: { name } }))
  const { id } = yield* create()
  const join = (room = id) => ask(({ rooms }) => rooms.join({ path: { room_id: room, agent_id: agent } }))
  const leave = (room = id) => ask(({ rooms }) => rooms.leave({ path: { room_id: room, agent_id: agent } }))
  const clear = (room = id) => ask(({ messages }) => messages.clear({ path: { room_id: room } }))
  const change = (payload: Payload, room = id) => ask(({ rooms }) => rooms.update({ path: { room_id: room }, payload }))
  const say = (content: string, room = id) =>
    ask(({ messages }) => messages.send({ path: { room_id: room }, payload: { content } }))
  const messages = ask(({ messages }) => messages.list({ path: { room_id: id } }))
  const said = Effect.map(messages, (all) => all.map(({ content }) => content))
  return { ...client, sql, create, id, join, leave, clear, change, say, messages, said }
})

const all = { concurrency: "unbounded" } as const
const each = { concurrency: "unbounded", mode: "either" } as const
/** How it was refused; 200 where it was done. */
const outcome = Either.match({ onLeft: ({ status }: Refused) => status, onRight: () => 200 })
const tables = ["rooms", "room_agents", "rounds", "messages", "turns", "sessions", "room_reads", "events"]

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Rooms", (it) => {
  it.effect("of many who make a room of one name at the same time exactly one gets it, the others 409", () =>
    Effect.gen(function* () {
      const { ask, create } = yield* setup

      const answers = yield* Effect.all(
        Array.makeBy(20, () => create("the one")),
        each
      )

      const [lost, made] = Array.partitionMap(answers, identity)
      assertEquals(lost.length, 19)
      deepStrictEqual(
        [...new Set(lost.map(({ body, status, tag }) => `${status} ${tag} ${body["name"]}`))],
        ["409 RoomExists the one"]
      )
      const listed = yield* ask(({ rooms }) => rooms.list())
      deepStrictEqual(
        listed.flatMap(({ id, name }) => (name === "the one" ? [id] : [])),
        made.map(({ id }) => id)
      )
    })
  )

  it.effect(
    "of many who rename their rooms to one name at the same time exactly one does, and the others keep theirs",
    () =>
      Effect.gen(function* () {
        const { ask, change, create } = yield* setup
        const own = yield* Effect.forEach(Array.range(1, 10), () => create())

        const answers = yield* Effect.all(
          own.map(({ id }) => change({ name: "the wanted", max_interactions: 7 }, id)),
          each
        )

        const outcomes = answers.map(outcome)
        deepStrictEqual(outcomes.toSorted(), [200, ...Array.replicate(409, 9)])
        const after = yield* Effect.forEach(own, ({ id }) => ask(({ rooms }) => rooms.get({ path: { room_id: id } })))
        deepStrictEqual(
          after.map(({ max_interactions, name }) => [name, max_interactions]),
          own.map(({ name }, at) => (outcomes[at] === 200 ? ["the wanted", 7] : [name, null]))
        )
      })
  )

  it.effect("two owners may use one name, and a room may be renamed to the name that it has", () =>
    Effect.gen(function* () {
      const { change, create } = yield* setup
      const guest = yield* Client.guest

      const mine = yield* create("a common name")
      const theirs = yield* guest.ask(({ rooms }) => rooms.create({ payload: { name: "a common name" } }))
      const again = yield* change({ name: "a common name" }, mine.id)
      const taken = yield* Effect.flip(change({ name: " a common name " }))

      deepStrictEqual(
        [mine, theirs, again].map(({ name }) => name),
        Array.replicate("a common name", 3)
      )
      assertEquals(taken.status, 409)
    })
  )

  it.effect("a change takes away a limit that is named as null and leaves alone what is not named", () =>
    Effect.gen(function* () {
      const { change, id } = yield* setup
      const made = (payload: Payload) =>
        Effect.match(change(payload), {
          onFailure: ({ status, tag }): ReadonlyArray<unknown> => [status, tag],
          onSuccess: ({ max_interactions, name }) => [name, max_interactions]
        })
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
          made
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
          const { ask, create, events, join, say, sql } = yield* setup
          const before = yield* sql`SELECT (SELECT count(*) FROM room_agents) + (SELECT count(*) FROM messages) AS n`

          for (const ahead of [0, 10, 40]) {
            const { id } = yield* create()
            const path = { room_id: id }
            yield* join(id)
            yield* ask(({ rooms }) => rooms.markRead({ path }))
            const reader = yield* events(`/rooms/${id}/stream?after=0`)
            const posts = Array.makeBy(50, (at) => say(`post ${at}`, id))

            const first = yield* Effect.fork(Effect.all(posts.slice(0, ahead), each))
            if (ahead > 0) yield* reader.hears("new_message")
            const [, rest] = yield* Effect.all(
              [ask(({ rooms }) => rooms.remove({ path })), Effect.all(posts.slice(ahead), each)],
              all
            )
            const answers = [...(yield* Fiber.join(first)), ...rest]
            yield* reader.over

            const stored = reader.told.flatMap((event) => (event.type === "new_message" ? [event.message.id] : []))
            const [refused, acknowledged] = Array.partitionMap(answers, identity)
            deepStrictEqual(
              refused.filter(({ status }) => status !== 404),
              []
            )
            deepStrictEqual(stored.toSorted(), acknowledged.map(({ id }) => id).toSorted())
            assertEquals(reader.seen.at(-1)?.type, "room_deleted")
            for (const table of tables) {
              const column = table === "rooms" ? "id" : "room_id"
              const rows = yield* sql`SELECT * FROM ${sql(table)} WHERE ${sql(column)} = ${id}`
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
      const { ask, change, clear, create, join, leave } = yield* setup
      for (let round = 0; round < 5; round++) {
        const { id } = yield* create()
        const path = { room_id: id }
        const get = ask(({ rooms }) => rooms.get({ path }))
        const mark = ask(({ rooms }) => rooms.markRead({ path }))
        const remove = ask(({ rooms }) => rooms.remove({ path }))
        const pause = ask(({ rooms }) => rooms.pause({ path }))
        yield* get

        const answers: ReadonlyArray<Either.Either<unknown, Refused>> = yield* Effect.all(
          [mark, remove, mark, join(id), change({ max_interactions: 3 }, id), pause, clear(id), get, remove, leave(id)],
          each
        )

        deepStrictEqual(
          answers.map(outcome).filter((status) => status !== 200 && status !== 404),
          []
        )
        assertEquals((yield* Effect.flip(get)).status, 404)
      }
    })
  )

  it.effect("a room that has just gone, and is still remembered, takes nothing more", () =>
    Effect.gen(function* () {
      const { ask, change, clear, id, join, say } = yield* setup
      const [queue, repo] = yield* Effect.all([WriteQueue, RoomRepo])
      const path = { room_id: id }
      yield* ask(({ rooms }) => rooms.get({ path }))
      yield* queue.write(repo.hide(RoomId.make(id)))

      const mark = ask(({ rooms }) => rooms.markRead({ path }))
      const refused = yield* Effect.all(
        [say("Hello"), mark, join(), change({ name: "else" }), clear()].map((call: Effect.Effect<unknown, Refused>) =>
          Effect.flip(Effect.asVoid(call))
        )
      )

      deepStrictEqual(
        refused.map(({ status, tag }) => [status, tag]),
        Array.replicate([404, "RoomNotFound"], 5)
      )
    })
  )

  it.effect("joining twice seats once, and the notice appears once and only when something was said before", () =>
    Effect.gen(function* () {
      const { create, join, messages, said, say } = yield* setup
      const quiet = yield* create()

      const early = yield* join(quiet.id)
      yield* say("Hello")
      const joined = yield* Effect.all(
        Array.makeBy(5, () => join()),
        all
      )

      deepStrictEqual([early.agents.length, early.messages], [1, []])
      deepStrictEqual(
        joined.map(({ agents }) => agents.length),
        [1, 1, 1, 1, 1]
      )
      deepStrictEqual(yield* said, ["Hello", "Ada joined the chat"])
      const [, notice] = yield* messages
      deepStrictEqual(
        [notice?.role, notice?.participant_type, notice?.agent_id, notice?.agent_name],
        ["assistant", "system", null, null]
      )
    })
  )

  it.effect("a room that was cleared is as one in which nothing was said", () =>
    Effect.gen(function* () {
      const { clear, join, said, say } = yield* setup
      yield* say("Hello")

      yield* clear()
      yield* join()

      deepStrictEqual(yield* said, [])
      assertEquals((yield* Effect.flip(clear(999_999))).status, 404)
    })
  )

  it.effect("an agent that leaves is out of the roster at once, and cannot leave twice", () =>
    Effect.gen(function* () {
      const { ask, id, join, leave } = yield* setup
      const joined = yield* join()

      yield* leave()
      const { status, tag } = yield* Effect.flip(leave())

      assertEquals(joined.agents.length, 1)
      deepStrictEqual([status, tag], [404, "RoomOrAgentNotFound"])
      deepStrictEqual(yield* ask(({ rooms }) => rooms.roster({ path: { room_id: id } })), [])
    })
  )
})
