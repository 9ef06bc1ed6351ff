import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Fiber } from "effect"
import { login } from "../support/Caller.ts"
import { home, layer, query, serve } from "../support/Process.ts"
import { roomOf } from "../support/rooms.ts"

const count = 10_000
const said = Array.from({ length: count }, (_, at) => `message ${at}: the kettle is on, the window is open`)
const document = roomOf("from elsewhere", said)

/** What the database holds of a room that nobody sees, or that was cleared. */
const unfinished = (folder: string) =>
  Effect.map(
    query(
      folder,
      `SELECT rooms.id, iif(is_clearing, 'clearing', state) AS state, (SELECT count(*) FROM messages WHERE room_id = rooms.id) AS messages
       FROM rooms WHERE state <> 'open' OR is_clearing = 1`
    ),
    ([room]) => room
  )
const begun = (folder: string, state: string) =>
  Effect.repeat(Effect.delay(unfinished(folder), "5 millis"), {
    until: (room) => room?.state === state && room.messages > 0 && room.messages < count
  })
const finished = (folder: string) =>
  Effect.repeat(Effect.delay(unfinished(folder), "50 millis"), { until: (room) => room === undefined })
const messagesOf = (folder: string, room: number) =>
  Effect.map(query(folder, `SELECT count(*) AS n FROM messages WHERE room_id = ${room}`), ([row]) => row.n)
const names = (folder: string) =>
  Effect.map(query(folder, "SELECT name FROM rooms ORDER BY id"), (rows) => rows.map(({ name }) => name))

const setup = Effect.gen(function* () {
  const folder = yield* home
  const server = yield* serve(folder)
  const { call } = yield* login(server.base)
  const kill = Effect.zipRight(server.signal("SIGKILL"), server.ended)
  return { folder, call, kill, take: call("POST", "/rooms/import", document) }
})

describe("a large room", () => {
  it.scopedLive("is imported while others write, and seen by nobody until it is complete", () =>
    Effect.gen(function* () {
      const { call, folder, take } = yield* setup
      const importing = yield* Effect.fork(take)
      yield* begun(folder, "importing")

      let posts = 0
      while ((yield* unfinished(folder)) !== undefined) {
        strictEqual((yield* call("POST", "/rooms/1/messages/send", { content: "Hi" })).status, 200)
        posts++
        strictEqual((yield* call("GET", "/health")).status, 200)
      }
      const { data } = yield* Fiber.join(importing)

      assertTrue(posts >= 10, `${posts} messages were taken meanwhile`)
      deepStrictEqual([data.name, data.message_count], ["from elsewhere", count])
      strictEqual(yield* messagesOf(folder, data.room_id), count)
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive(
    "that a killed server has imported in part is gone after the next start, and can be imported again",
    () =>
      Effect.gen(function* () {
        const { call, folder, kill, take } = yield* setup
        yield* Effect.fork(Effect.ignore(Effect.sandbox(take)))
        const { id } = yield* begun(folder, "importing")
        const asked = yield* Effect.all([
          call("GET", `/rooms/${id}`),
          call("DELETE", `/rooms/${id}`),
          call("POST", `/rooms/${id}/messages/send`, { content: "Hello?" }),
          call("GET", `/rooms/${id}/export`)
        ])
        const seen = yield* call("GET", "/rooms")
        const taken = yield* call("POST", "/rooms", { name: document.room.name })
        yield* kill
        deepStrictEqual(
          asked.map(({ status }) => status),
          [404, 404, 404, 404]
        )
        deepStrictEqual(
          seen.data.map((room: { readonly name: string }) => room.name),
          ["The first room"]
        )
        strictEqual(taken.status, 409)

        const next = yield* serve(folder)
        const { call: ask } = yield* login(next.base)
        const { data } = yield* ask("POST", "/rooms/import", document)
        yield* finished(folder)
        deepStrictEqual([data.name, yield* names(folder)], ["from elsewhere", ["The first room", "from elsewhere"]])
        strictEqual(yield* messagesOf(folder, id), 0)
      }).pipe(Effect.provide(layer))
  )

  it.scopedLive("that a killed server has deleted in part is gone for good after the next start", () =>
    Effect.gen(function* () {
      const { call, folder, kill, take } = yield* setup
      const { data: room } = yield* take
      const path = `/rooms/${room.room_id}`
      const deleting = yield* Effect.fork(Effect.ignore(call("DELETE", path)))
      yield* begun(folder, "deleting")
      const during = yield* call("POST", `${path}/messages/send`, { content: "Still here?" })
      yield* kill
      yield* Fiber.interrupt(deleting)
      strictEqual(during.status, 404)
      assertTrue((yield* messagesOf(folder, room.room_id)) > 0)

      const next = yield* serve(folder)
      const { call: ask } = yield* login(next.base)
      strictEqual((yield* ask("GET", path)).status, 404)
      yield* finished(folder)
      deepStrictEqual([yield* messagesOf(folder, room.room_id), yield* names(folder)], [0, ["The first room"]])
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("that a killed server has cleared in part is empty but for what was said since", () =>
    Effect.gen(function* () {
      const { call, folder, kill, take } = yield* setup
      const { data: room } = yield* take
      const path = `/rooms/${room.room_id}`
      const clearing = yield* Effect.fork(Effect.ignore(call("DELETE", `${path}/messages`)))
      yield* begun(folder, "clearing")
      const { data: said } = yield* call("POST", `${path}/messages/send`, { content: "A new beginning" })
      const { data: page } = yield* call("GET", `${path}/messages`)
      yield* kill
      yield* Fiber.interrupt(clearing)
      deepStrictEqual(
        page.map((message: { readonly id: number }) => message.id),
        [said.id]
      )
      assertTrue((yield* messagesOf(folder, room.room_id)) > 1)

      const next = yield* serve(folder)
      const { call: ask } = yield* login(next.base)
      yield* finished(folder)
      const { data: left } = yield* ask("GET", `${path}/messages`)
      deepStrictEqual([left, yield* messagesOf(folder, room.room_id)], [page, 1])
    }).pipe(Effect.provide(layer))
  )
})
