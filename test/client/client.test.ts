// @effect-diagnostics globalFetch:off
import { describe, layer } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber } from "effect"
import { connect, Refused } from "../../src/client/client.ts"
import { routes } from "../../src/client/routes.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import { routes as all } from "../support/routes.ts"

const house = House.shared({ agents: { Ada: "Ada builds clocks." } })

let rooms = 0

const setup = Effect.gen(function* () {
  const { base, token } = yield* Client.make
  const client = connect({ url: base, token })
  const room = yield* Effect.promise(() => client.rooms.create({ payload: { name: `client ${++rooms}` } }))
  return { base, token, client, room }
})

const refusal = (call: () => Promise<unknown>) =>
  Effect.promise(() =>
    call().then(
      () => Promise.reject(new Error("was not refused")),
      (error) => (error instanceof Refused ? error : Promise.reject(error))
    )
  )

layer(house, { excludeTestServices: true })("The client", (it) => {
  it.effect("has a call for every route of the contract", () =>
    Effect.gen(function* () {
      const { client } = yield* setup

      deepStrictEqual(
        routes.map(([, , method, path]) => `${method} ${path}`),
        all.map(({ name }) => name)
      )
      const groups: Record<string, Record<string, unknown>> = { ...client, follow: {}, followAll: {} }
      for (const [group, name] of routes) strictEqual(typeof groups[group]?.[name], "function")
    })
  )

  it.effect("sends paths, queries, headers and bodies, and gives JSON as the contract's types say", () =>
    Effect.gen(function* () {
      const { client, room } = yield* setup
      const room_id = room.id
      const send = (content: string) =>
        client.messages.send({ path: { room_id }, payload: { content }, headers: { "idempotency-key": content } })

      const [first, again, second] = yield* Effect.promise(async () => [
        await send("a"),
        await send("a"),
        await send("b")
      ])
      const newest = yield* Effect.promise(() => client.messages.list({ path: { room_id }, urlParams: { limit: 1 } }))
      const listed = yield* Effect.promise(() => client.rooms.list())
      const renamed = yield* Effect.promise(() => client.rooms.update({ path: { room_id }, payload: { name: "ä/?#" } }))

      strictEqual(first?.id, again?.id)
      deepStrictEqual(
        newest.map(({ content, id }) => [content, id]),
        [["b", second?.id]]
      )
      assertTrue(listed.some(({ id }) => id === room_id))
      strictEqual(renamed.name, "ä/?#")
    })
  )

  it.effect("writes names into a path so that they stay one part of it", () =>
    Effect.gen(function* () {
      const { client } = yield* setup
      const picture = (name: string) => refusal(() => client.agents.picture({ path: { name }, urlParams: {} }))

      deepStrictEqual(
        (yield* Effect.forEach(["a/b", "Ada?x", "Nobody"], picture)).map(({ status, tag }) => [status, tag]),
        [
          [400, "AgentNameInvalid"],
          [400, "AgentNameInvalid"],
          [404, "PictureNotFound"]
        ]
      )
    })
  )

  it.effect("rejects with what the server said: the kind, the words, the places, the trace", () =>
    Effect.gen(function* () {
      const { base, client } = yield* setup
      const missing = yield* refusal(() => client.rooms.get({ path: { room_id: 999 } }))
      const unfit = yield* refusal(() => client.rooms.create({ payload: { name: "" } }))
      const stranger = yield* refusal(() => connect({ url: base }).rooms.list())

      deepStrictEqual(
        [missing.status, missing.tag, missing.detail],
        [404, "RoomNotFound", "Room with id 999 not found"]
      )
      assertTrue(/^[0-9a-f]{32}$/.test(missing.traceId ?? ""))
      deepStrictEqual(
        [unfit.status, typeof unfit.detail === "string" ? [] : unfit.detail[0]?.loc],
        [422, ["body", "name"]]
      )
      strictEqual(stranger.tag, "Unauthenticated")
    })
  )

  it.effect("can be told to give up", () =>
    Effect.gen(function* () {
      const { client } = yield* setup
      const error = yield* Effect.flip(
        Effect.tryPromise(() => client.rooms.list({ signal: AbortSignal.abort(new Error("enough")) }))
      )
      strictEqual(String(error.error), "Error: enough")
    })
  )

  describe("following a room", () => {
    /** A reader whose connection can be cut as a network does it. */
    const reading = Effect.fnUntraced(function* (after?: number) {
      const { base, client, room, token } = yield* setup
      const opened = yield* Deferred.make<void>()
      const connections: Array<{
        readonly cut: () => void
        readonly position: string | null
        resumed: boolean | null
      }> = []
      const leave = new AbortController()
      const reader = connect({
        url: base,
        token,
        fetch: (input, init = {}) => {
          const wire = new AbortController()
          const position = new Headers(init.headers).get("last-event-id")
          connections.push({ cut: () => wire.abort(), position, resumed: null })
          return fetch(input, { ...init, signal: AbortSignal.any([wire.signal, init.signal ?? wire.signal]) })
        }
      })
      const events = reader.follow(room.id, {
        ...(after === undefined ? {} : { after }),
        signal: leave.signal,
        onOpen: (resumed) => {
          for (const connection of connections.slice(-1)) connection.resumed = resumed
          Deferred.unsafeDone(opened, Effect.void)
        },
        onLost: (hurry) => hurry()
      })
      const say = (content: string) =>
        Effect.promise(() => client.messages.send({ path: { room_id: room.id }, payload: { content } }))
      /** The words of the next message. */
      const hears = Effect.promise(async () => {
        for (;;) {
          const { done, value } = await events.next()
          if (done === true) return null
          if (value.type === "new_message") return value.message.content
        }
      })
      const first = yield* Effect.fork(hears)
      yield* Deferred.await(opened)
      return { client, connections, events, first: Fiber.join(first), hears, leave, say }
    })

    it.effect("goes on after a lost connection where it was, and misses nothing", () =>
      Effect.gen(function* () {
        const { connections, first, hears, say } = yield* reading()
        yield* say("one")
        const one = yield* first

        connections[0]?.cut()
        yield* say("two")
        yield* say("three")

        deepStrictEqual([one, yield* hears, yield* hears], ["one", "two", "three"])
        deepStrictEqual(
          connections.map(({ position, resumed }) => [position === null, resumed]),
          [
            [true, false],
            [false, true]
          ]
        )
      })
    )

    it.effect("ends when it is told to", () =>
      Effect.gen(function* () {
        const { first, leave } = yield* reading()
        leave.abort()
        strictEqual(yield* first, null)
      })
    )

    it.effect("is told when its position is not known, and then hears what comes", () =>
      Effect.gen(function* () {
        const { client, room } = yield* setup
        const events = client.follow(room.id, { after: 999_999 })
        const { value } = yield* Effect.promise(() => events.next())
        strictEqual(value?.type, "reset")
        yield* Effect.promise(() => events.return())
      })
    )

    it.effect("rejects when asking again is no use", () =>
      Effect.gen(function* () {
        const { client } = yield* setup
        strictEqual((yield* refusal(() => client.follow(999).next())).tag, "RoomNotFound")
      })
    )
  })
})
