import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber } from "effect"
import type { Refused } from "../../src/client/client.ts"
import { WriteQueue } from "../../src/store/WriteQueue.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import * as Watch from "../support/Watch.ts"

let rooms = 0

interface Page {
  readonly limit?: number
  readonly after?: number
  readonly before?: number
}

const contents = (messages: ReadonlyArray<{ readonly content: string }>) => messages.map(({ content }) => content)
const idsOf = (messages: ReadonlyArray<{ readonly id: number }>) => messages.map(({ id }) => id)

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const { ask } = client
  const create = (name: string) => ask(({ rooms }) => rooms.create({ payload: { name } }))
  const { id } = yield* create(`room ${++rooms}`)
  const path = { room_id: id }
  const send = (content: string, key?: string) =>
    ask(({ messages }) =>
      messages.send({ path, payload: { content }, headers: key === undefined ? {} : { "idempotency-key": key } })
    )
  const list = (urlParams: Page = {}) => ask(({ messages }) => messages.list({ path, urlParams }))
  const poll = (since_id?: number) =>
    ask(({ messages }) => messages.poll({ path, urlParams: since_id === undefined ? {} : { since_id } }))
  const read = (page?: Page) => Effect.map(list(page), contents)
  const polled = (since_id?: number) => Effect.map(poll(since_id), contents)
  return { ...client, id, path, create, send, list, poll, read, polled }
})

const said = (count: number) =>
  Effect.flatMap(setup, (room) =>
    Effect.map(
      Effect.forEach(Array.from({ length: count }), (_, at) => room.send(`m${at}`)),
      (sent) => ({ ...room, ids: idsOf(sent), idOf: (at: number) => sent[at]?.id ?? 0 })
    )
  )

const all = { concurrency: "unbounded" } as const

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Messages", (it) => {
  it.effect("a page is the newest, the one before a cursor or the one after it, always oldest first", () =>
    Effect.gen(function* () {
      const { idOf, read } = yield* said(7)

      deepStrictEqual(yield* read(), ["m0", "m1", "m2", "m3", "m4", "m5", "m6"])
      deepStrictEqual(yield* read({ limit: 3 }), ["m4", "m5", "m6"])
      deepStrictEqual(yield* read({ limit: 3, before: idOf(4) }), ["m1", "m2", "m3"])
      deepStrictEqual(yield* read({ limit: 3, before: idOf(1) }), ["m0"])
      deepStrictEqual(yield* read({ limit: 2, after: idOf(1) }), ["m2", "m3"])
      deepStrictEqual(yield* read({ after: idOf(1), before: idOf(5) }), ["m2", "m3", "m4"])
      deepStrictEqual(yield* read({ limit: 1, after: 0 }), ["m0"])
      deepStrictEqual(yield* read({ after: idOf(6) }), [])
      deepStrictEqual(yield* read({ before: 0 }), [])
    })
  )

  it.effect("pages followed by their cursors in either direction give every message once", () =>
    Effect.gen(function* () {
      const { ids, list } = yield* said(11)
      const follow = Effect.fnUntraced(function* (cursor: (page: ReadonlyArray<number>) => Page) {
        const found: Array<ReadonlyArray<number>> = []
        let from = cursor([])
        while (true) {
          const page = idsOf(yield* list({ limit: 4, ...from }))
          if (page.length === 0) return found
          found.push(page)
          from = cursor(page)
        }
      })

      const forward = yield* follow((page) => ({ after: page.at(-1) ?? 0 }))
      const backward = yield* follow(([first]) => (first === undefined ? {} : { before: first }))

      deepStrictEqual(forward.flat(), ids)
      deepStrictEqual(backward.toReversed().flat(), ids)
    })
  )

  it.effect(
    "a poll gives what came after the id, also after 0, after a foreign id and after one that is yet to come",
    () =>
      Effect.gen(function* () {
        const other = yield* said(1)
        const { idOf, polled } = yield* said(3)

        deepStrictEqual(yield* polled(), ["m0", "m1", "m2"])
        deepStrictEqual(yield* polled(0), ["m0", "m1", "m2"])
        deepStrictEqual(yield* polled(idOf(0)), ["m1", "m2"])
        deepStrictEqual(yield* polled(other.idOf(0)), ["m0", "m1", "m2"])
        deepStrictEqual(yield* polled(idOf(2)), [])
        deepStrictEqual(yield* polled(99_999_999), [])
      })
  )

  it.effect("a poll gives at most a hundred, and its last element leads to the rest", () =>
    Effect.gen(function* () {
      const { poll, polled, send } = yield* setup
      yield* Effect.all(
        Array.from({ length: 130 }, (_, at) => send(`m${at}`)),
        all
      )

      const first = yield* poll(0)
      const rest = yield* polled(first.at(-1)?.id)
      const newest = yield* polled()

      deepStrictEqual([first.length, rest.length, newest.length], [100, 30, 100])
      deepStrictEqual(newest.slice(70), rest)
    })
  )

  it.effect("limits and cursors that are no such thing are 400 on every route that takes one", () =>
    Effect.gen(function* () {
      // In plain HTTP, for they are no numbers.
      const { id, json } = yield* setup
      const limited = ["/rooms?limit=", "/agents?limit=", `/rooms/${id}/messages?limit=`]
      const positioned = ["messages?after=", "messages?before=", "messages/poll?since_id=", "stream?after="]
      const ask = (paths: ReadonlyArray<string>, values: ReadonlyArray<string>) =>
        Effect.forEach(
          paths.flatMap((path) => values.map((value) => path + value)),
          (path) => Effect.map(json("GET", path), ({ status, tag }) => `${status} ${tag} ${path}`)
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
      const { ask, id, path, read, send } = yield* setup
      const sql = yield* SqlClient.SqlClient
      const [{ id: agent_id } = { id: 0 }] = yield* ask(({ agents }) => agents.list())
      yield* ask(({ rooms }) => rooms.join({ path: { ...path, agent_id } }))
      const watch = yield* Watch.room(id)

      const answers = yield* Effect.all(
        Array.from({ length: 20 }, (_, at) => send(`try ${at}`, "the key")),
        all
      )
      yield* watch.ended
      const later = yield* send("much later", "the key")
      yield* send("another", "another key")
      yield* watch.ended

      const [first] = answers
      deepStrictEqual([...new Set(idsOf([...answers, later]))], [first?.id])
      deepStrictEqual(yield* read(), [first?.content, "another"])
      deepStrictEqual(yield* sql`SELECT count(*) AS n FROM rounds WHERE room_id = ${id}`, [{ n: 2 }])
    }).pipe(Effect.scoped)
  )

  it.effect("a key belongs to its room, and must be of a bearable length", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* setup, yield* setup]

      const answers = [yield* one.send("a", "k"), yield* two.send("b", "k")]
      const long = yield* Effect.flip(one.send("c", "k".repeat(201)))

      deepStrictEqual(contents(answers), ["a", "b"])
      assertEquals(long.status, 422)
    })
  )

  it.effect("clearing leaves nothing of what was said, neither in the pages nor in the log of the stream", () =>
    Effect.gen(function* () {
      const { ask, id, path, read } = yield* said(3)
      const sql = yield* SqlClient.SqlClient

      yield* ask(({ messages }) => messages.clear({ path }))

      deepStrictEqual(yield* read(), [])
      deepStrictEqual(yield* sql`SELECT type FROM events WHERE room_id = ${id}`, [{ type: "messages_cleared" }])
    })
  )

  it.effect("messages keep the order in which they were acknowledged", () =>
    Effect.gen(function* () {
      const { ids, list, send } = yield* said(5)

      const later = yield* send("last")

      deepStrictEqual(idsOf(yield* list()), [...ids, later.id])
    })
  )
})

layer(House.shared({ settings: { WRITE_QUEUE_CAPACITY: "1" } }), { excludeTestServices: true })(
  "Messages with a small queue",
  (it) => {
    it.effect("what the full queue refuses is 503, and nothing of it is stored, now or later", () =>
      Effect.gen(function* () {
        const { ask, create, read, send } = yield* setup
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
          [send("lost"), send("lost", "key"), create("lost")].map((call: Effect.Effect<unknown, Refused>) =>
            Effect.flip(Effect.asVoid(call))
          ),
          all
        )
        yield* Deferred.succeed(go, undefined)
        yield* Fiber.join(Fiber.zip(held, next))
        yield* send("kept", "key")

        deepStrictEqual(
          refused.map(({ body, detail, status, tag }) => [status, tag, body["reason"], detail]),
          Array.from({ length: 3 }, () => [503, "WriteRefused", "full", "Too many writes are waiting"])
        )
        deepStrictEqual(yield* read(), ["before", "kept"])
        assertEquals((yield* ask(({ rooms }) => rooms.list())).length, 1)
      })
    )
  }
)
