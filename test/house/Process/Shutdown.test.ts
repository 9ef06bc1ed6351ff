import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Clock, Effect, Exit, Fiber, Ref } from "effect"
import { connect } from "node:net"
import { login } from "../../support/Caller.ts"
import { home, layer, patience, query, serve, type Server, withPassword } from "../../support/Process.ts"

/** Agents take so long for a word that the round is under way until somebody ends it. */
const slow = { ...withPassword, SCRIPTED_PACE_MS: "10000" }

const stopped = Effect.fn(function* (server: Server, signal: NodeJS.Signals) {
  const began = yield* Clock.currentTimeMillis
  yield* server.signal(signal)
  const how = yield* server.ended
  return { ...how, ms: (yield* Clock.currentTimeMillis) - began, leftBehind: yield* server.isAlive }
})

/** A connection that says this, has an answer, and stays open. */
const holding = (base: string, words: string) =>
  Effect.acquireRelease(
    Effect.async<() => void>((resume) => {
      const socket = connect(Number(new URL(base).port), "127.0.0.1", () => {
        socket.once("data", () => resume(Effect.succeed(() => void socket.destroy())))
        socket.write(words)
      })
      socket.on("error", () => {})
    }),
    (close) => Effect.sync(close)
  )

/** The server says that it goes on reading before it has the body, of which only the beginning comes. */
const unfinished = (base: string) =>
  holding(
    base,
    "POST /auth/login HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
  )

describe.concurrent("a server that is told to end", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it.scopedLive(
      `keeps on ${signal} what it acknowledged, settles its turns, ends its streams and leaves in time`,
      () =>
        Effect.gen(function* () {
          const server = yield* serve(yield* home, { ...slow, SHUTDOWN_SECONDS: "1" })
          const { call, follow } = yield* login(server.base)
          const { data: quiet } = yield* call("POST", "/rooms", { name: "Nobody sits here" })
          const readers = yield* Effect.replicateEffect(follow(1), 20)
          const acknowledged = yield* Ref.make<ReadonlyArray<number>>([])
          const enough = yield* Effect.makeLatch()
          const post = (roomId: number) => call("POST", `/rooms/${roomId}/messages/send`, { content: "Hello" })
          const posting = post(quiet.id).pipe(
            Effect.filterOrFail(({ status }) => status === 200),
            Effect.flatMap(({ data }) => Ref.updateAndGet(acknowledged, (ids) => [...ids, data.id])),
            Effect.tap((ids) => (ids.length >= 100 ? enough.open : Effect.void)),
            Effect.forever,
            Effect.ignore
          )
          const posters = yield* Effect.forkAll(Array.from({ length: 8 }, () => posting))
          yield* post(1)
          for (const reader of readers) yield* reader.sees(/event: stream_start/)
          yield* enough.await

          const { ms, ...how } = yield* stopped(server, signal)
          deepStrictEqual(how, { code: 0, signal: null, leftBehind: false })
          assertTrue(ms < 3000, `${ms} ms`)
          yield* Fiber.join(posters)

          const stored = new Set((yield* query(server.folder, "SELECT id FROM messages")).map(({ id }) => id))
          deepStrictEqual(
            (yield* Ref.get(acknowledged)).filter((id) => !stored.has(id)),
            []
          )
          deepStrictEqual(yield* query(server.folder, "SELECT outcome FROM turns"), [{ outcome: "interrupted" }])
          // The person still waits for an answer: the next server goes on with the round.
          deepStrictEqual(yield* query(server.folder, "SELECT stop_reason FROM rounds"), [{ stop_reason: null }])
          const endings = yield* Effect.forEach(readers, ({ ended }) => Fiber.await(ended))
          assertTrue(endings.every(Exit.isSuccess))
        }).pipe(Effect.provide(layer)),
      patience
    )
  }

  it.scopedLive(
    "lets the turn under way come to its end, and begins no other",
    () =>
      Effect.gen(function* () {
        const server = yield* serve(yield* home, { ...withPassword, SCRIPTED_PACE_MS: "50" })
        const { call, follow } = yield* login(server.base)
        const reader = yield* follow(1)
        yield* call("POST", "/rooms/1/messages/send", { content: "Hello" })
        yield* reader.sees(/event: stream_start/)

        const { ms, ...how } = yield* stopped(server, "SIGTERM")
        deepStrictEqual(how, { code: 0, signal: null, leftBehind: false })
        assertTrue(ms > 100 && ms < 8000, `${ms} ms`)
        deepStrictEqual(yield* query(server.folder, "SELECT outcome FROM turns"), [{ outcome: "replied" }])
        const said = yield* query(server.folder, "SELECT partial FROM messages WHERE agent_id IS NOT NULL")
        deepStrictEqual(said, [{ partial: 0 }])
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "ends at once when it is told again",
    () =>
      Effect.gen(function* () {
        const server = yield* serve(yield* home, { ...slow, SHUTDOWN_SECONDS: "60" })
        const { call, follow } = yield* login(server.base)
        const reader = yield* follow(1)
        yield* call("POST", "/rooms/1/messages/send", { content: "Hello" })
        yield* reader.sees(/event: stream_start/)

        yield* server.signal("SIGTERM")
        yield* Fiber.join(reader.ended)
        const { ms, ...how } = yield* stopped(server, "SIGTERM")
        deepStrictEqual(how, { code: null, signal: "SIGTERM", leftBehind: false })
        assertTrue(ms < 1000, `${ms} ms`)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "allows requests and turns one common time, not one after the other",
    () =>
      Effect.gen(function* () {
        const server = yield* serve(yield* home, { ...slow, SHUTDOWN_SECONDS: "3" })
        const { call, follow } = yield* login(server.base)
        const reader = yield* follow(1)
        yield* call("POST", "/rooms/1/messages/send", { content: "Hello" })
        yield* reader.sees(/event: stream_start/)
        yield* unfinished(server.base)

        const { ms, ...how } = yield* stopped(server, "SIGTERM")
        deepStrictEqual(how, { code: 0, signal: null, leftBehind: false })
        assertTrue(ms < 5000, `${ms} ms`)
      }).pipe(Effect.provide(layer)),
    patience
  )
})

// Alone, for its time is measured.
describe("a server without work", () => {
  it.scopedLive(
    "ends within a second when only streams and idle connections are open",
    () =>
      Effect.gen(function* () {
        const server = yield* serve(yield* home)
        const { follow, token } = yield* login(server.base)
        const readers = yield* Effect.replicateEffect(follow(1), 5)
        yield* Effect.replicateEffect(holding(server.base, "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n"), 5)
        yield* holding(server.base, `GET /rooms/1/stream HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${token}\r\n\r\n`)

        const { ms, ...how } = yield* stopped(server, "SIGTERM")
        deepStrictEqual(how, { code: 0, signal: null, leftBehind: false })
        assertTrue(ms < 1000, `${ms} ms`)
        const endings = yield* Effect.forEach(readers, ({ ended }) => Fiber.await(ended))
        assertTrue(endings.every(Exit.isSuccess))
      }).pipe(Effect.provide(layer)),
    patience
  )
})
