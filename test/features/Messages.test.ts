import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber } from "effect"
import { WriteQueue } from "../../src/store/WriteQueue.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import * as Watch from "../support/Watch.ts"

let rooms = 0

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const { data } = yield* client.json("POST", "/rooms", { name: `room ${++rooms}` })
  const id: number = data.id
  const send = (content: string, key?: string) =>
    client.json("POST", `/rooms/${id}/messages/send`, { content }, key === undefined ? {} : { "idempotency-key": key })
  const read = (query: string) =>
    Effect.map(client.json("GET", `/rooms/${id}/messages${query}`), ({ data }) =>
      data.map((message: { readonly content: string }) => message.content)
    )
  return { ...client, id, send, read }
})

const said = (count: number) =>
  Effect.flatMap(setup, (room) =>
    Effect.map(
      Effect.forEach(Array.from({ length: count }), (_, at) =>
        Effect.map(room.send(`m${at}`), ({ data }): number => data.id)
      ),
      (ids) => ({ ...room, ids, idOf: (at: number) => ids[at] ?? 0 })
    )
  )

const all = { concurrency: "unbounded" } as const

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Messages", (it) => {
  it.effect("a page is the newest, the one before a cursor or the one after it, always oldest first", () =>
    Effect.gen(function* () {
      const { idOf, read } = yield* said(7)

      deepStrictEqual(yield* read(""), ["m0", "m1", "m2", "m3", "m4", "m5", "m6"])
      deepStrictEqual(yield* read("?limit=3"), ["m4", "m5", "m6"])
      deepStrictEqual(yield* read(`?limit=3&before=${idOf(4)}`), ["m1", "m2", "m3"])
      deepStrictEqual(yield* read(`?limit=3&before=${idOf(1)}`), ["m0"])
      deepStrictEqual(yield* read(`?limit=2&after=${idOf(1)}`), ["m2", "m3"])
      deepStrictEqual(yield* read(`?after=${idOf(1)}&before=${idOf(5)}`), ["m2", "m3", "m4"])
      deepStrictEqual(yield* read(`?limit=1&after=0`), ["m0"])
      deepStrictEqual(yield* read(`?after=${idOf(6)}`), [])
      deepStrictEqual(yield* read(`?before=0`), [])
    })
  )

  it.effect("pages followed by their cursors in either direction give every message once", () =>
    Effect.gen(function* () {
      const { ids, json, id } = yield* said(11)
      const follow = Effect.fnUntraced(function* (cursor: (page: ReadonlyArray<number>) => string) {
        const found: Array<ReadonlyArray<number>> = []
        let query = cursor([])
        while (true) {
          const { data } = yield* json("GET", `/rooms/${id}/messages?limit=4${query}`)
          const page: ReadonlyArray<number> = data.map((message: { readonly id: number }) => message.id)
          if (page.length === 0) return found
          found.push(page)
          query = cursor(page)
        }
      })

      const forward = yield* follow((page) => `&after=${page.at(-1) ?? 0}`)
      const backward = yield* follow((page) => (page[0] === undefined ? "" : `&before=${page[0]}`))

      deepStrictEqual(forward.flat(), ids)
      deepStrictEqual(backward.toReversed().flat(), ids)
    })
  )

  it.effect(
    "a poll gives what came after the id, also after 0, after a foreign id and after one that is yet to come",
    () =>
      Effect.gen(function* () {
        const other = yield* said(1)
        const { idOf, read } = yield* said(3)

        deepStrictEqual(yield* read("/poll"), ["m0", "m1", "m2"])
        deepStrictEqual(yield* read("/poll?since_id=0"), ["m0", "m1", "m2"])
        deepStrictEqual(yield* read(`/poll?since_id=${idOf(0)}`), ["m1", "m2"])
        deepStrictEqual(yield* read(`/poll?since_id=${other.idOf(0)}`), ["m0", "m1", "m2"])
        deepStrictEqual(yield* read(`/poll?since_id=${idOf(2)}`), [])
        deepStrictEqual(yield* read("/poll?since_id=99999999"), [])
      })
  )

  it.effect("a poll gives at most a hundred, and its last element leads to the rest", () =>
    Effect.gen(function* () {
      const { id, json, read, send } = yield* setup
      yield* Effect.all(
        Array.from({ length: 130 }, (_, at) => send(`m${at}`)),
        all
      )

      const first = yield* json("GET", `/rooms/${id}/messages/poll?since_id=0`)
      const rest = yield* read(`/poll?since_id=${first.data.at(-1).id}`)
      const newest = yield* json("GET", `/rooms/${id}/messages/poll`)

      deepStrictEqual([first.data.length, rest.length, newest.data.length], [100, 30, 100])
      deepStrictEqual(
        newest.data.slice(70).map((message: { readonly content: string }) => message.content),
        rest
      )
    })
  )

  it.effect("limits and cursors that are no such thing are 400 on every route that takes one", () =>
    Effect.gen(function* () {
      const { id, json } = yield* setup
      const limited = ["/rooms?limit=", "/agents?limit=", `/rooms/${id}/messages?limit=`]
      const positioned = ["messages?after=", "messages?before=", "messages/poll?since_id=", "stream?after="]
      const ask = (paths: ReadonlyArray<string>, values: ReadonlyArray<string>) =>
        Effect.forEach(
          paths.flatMap((path) => values.map((value) => path + value)),
          (path) => Effect.map(json("GET", path), ({ data, status }) => `${status} ${data._tag} ${path}`)
        )

      const answers = [
        ...(yield* ask(limited, ["0", "-1", "1001", "1e9", "1.5", "abc", "", "NaN", "Infinity", "1&limit=2"])),
        ...(yield* ask(
          positioned.map((path) => `/rooms/${id}/${path}`),
          ["-1", "1.5", "1e99", "abc", ""]
        ))
      ]

      deepStrictEqual(
        answers.filter((answer) => !answer.startsWith("400 Invalid ")),
        []
      )
      assertEquals(answers.length, 3 * 10 + 4 * 5)
    })
  )

  it.effect("one key sent many times at once is one message and one round, and every sender gets it", () =>
    Effect.gen(function* () {
      const { id, json, read, send } = yield* setup
      const sql = yield* SqlClient.SqlClient
      const [agent] = (yield* json("GET", "/agents")).data
      yield* json("POST", `/rooms/${id}/agents/${agent.id}`)
      const watch = yield* Watch.room(id)

      const answers = yield* Effect.all(
        Array.from({ length: 20 }, (_, at) => send(`try ${at}`, "the key")),
        all
      )
      yield* watch.ended
      const later = yield* send("much later", "the key")
      const other = yield* send("another", "another key")
      yield* watch.ended

      deepStrictEqual(
        [...new Set([...answers, later].map(({ data, status }) => `${status} ${data.id}`))],
        [`200 ${answers[0]?.data.id}`]
      )
      deepStrictEqual(yield* read(""), [answers[0]?.data.content, "another"])
      assertEquals(other.status, 200)
      deepStrictEqual(yield* sql`SELECT count(*) AS n FROM rounds WHERE room_id = ${id}`, [{ n: 2 }])
    }).pipe(Effect.scoped)
  )

  it.effect("a key belongs to its room, and must be of a bearable length", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* setup, yield* setup]

      const answers = [yield* one.send("a", "k"), yield* two.send("b", "k")]
      const long = yield* one.send("c", "k".repeat(201))

      deepStrictEqual(
        answers.map(({ data }) => data.content),
        ["a", "b"]
      )
      assertEquals(long.status, 422)
    })
  )

  it.effect("clearing leaves nothing of what was said, neither in the pages nor in the log of the stream", () =>
    Effect.gen(function* () {
      const { id, json, read } = yield* said(3)
      const sql = yield* SqlClient.SqlClient

      yield* json("DELETE", `/rooms/${id}/messages`)

      deepStrictEqual(yield* read(""), [])
      deepStrictEqual(yield* sql`SELECT type FROM events WHERE room_id = ${id}`, [{ type: "messages_cleared" }])
    })
  )

  it.effect("messages keep the order in which they were acknowledged", () =>
    Effect.gen(function* () {
      const { ids, id, json, send } = yield* said(5)

      const later = yield* send("last")

      const { data } = yield* json("GET", `/rooms/${id}/messages`)
      deepStrictEqual(
        data.map((message: { readonly id: number }) => message.id),
        [...ids, later.data.id]
      )
    })
  )
})

layer(House.shared({ settings: { WRITE_QUEUE_CAPACITY: "1" } }), { excludeTestServices: true })(
  "Messages with a small queue",
  (it) => {
    it.effect("what the full queue refuses is 503, and nothing of it is stored, now or later", () =>
      Effect.gen(function* () {
        const { json, read, send } = yield* setup
        const queue = yield* WriteQueue
        yield* send("before")
        const [started, go, waiting] = yield* Effect.all([
          Deferred.make<void>(),
          Deferred.make<void>(),
          Deferred.make<void>()
        ])
        const held = yield* Effect.fork(
          queue.write(Effect.zipRight(Deferred.succeed(started, undefined), Deferred.await(go)))
        )
        yield* Deferred.await(started)
        const next = yield* Effect.fork(queue.write(Deferred.succeed(waiting, undefined)))
        yield* Effect.yieldNow()

        const refused = yield* Effect.all(
          [send("lost"), send("lost", "key"), json("POST", "/rooms", { name: "lost" })],
          all
        )
        yield* Deferred.succeed(go, undefined)
        yield* Fiber.join(Fiber.zip(held, next))
        const taken = yield* send("kept", "key")

        deepStrictEqual(
          refused.map(({ data, status }) => [status, data._tag, data.reason, data.detail]),
          Array.from({ length: 3 }, () => [503, "WriteRefused", "full", "Too many writes are waiting"])
        )
        assertEquals(taken.status, 200)
        deepStrictEqual(yield* read(""), ["before", "kept"])
        assertEquals((yield* json("GET", "/rooms")).data.length, 1)
      })
    )
  }
)
