import { layer } from "@effect/vitest"
import { assertEquals, assertTrue } from "@effect/vitest/utils"
import { Effect } from "effect"
import { connect } from "node:net"
import { AgentId } from "../../../src/domain/Agent.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { TurnId } from "../../../src/domain/Round.ts"
import { RoomEvents } from "../../../src/store/RoomEvents.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"
import { counted } from "../../support/metrics.ts"

const setup = Effect.fn(function* (name: string) {
  const client = yield* Client.make
  const { id } = yield* client.ask(({ rooms }) => rooms.create({ payload: { name } }))
  const path = { room_id: id }
  const say = (content: string) => client.ask(({ messages }) => messages.send({ path, payload: { content } }))
  const follow = (query = "") => client.events(`/rooms/${id}/stream${query}`)
  return { ...client, id, say, follow }
})

const contents = (frames: ReadonlyArray<Client.Frame>) =>
  frames.flatMap(({ data }) => (data?.type === "new_message" ? [data.message.content] : []))

const narrow = House.shared({ settings: { STREAM_BUFFER_BYTES: "4096" } })

layer(narrow, { excludeTestServices: true })("Stream with a small buffer", (it) => {
  it.scoped("a reader that does not read is let go, and one that does is not", () =>
    Effect.gen(function* () {
      const { base, follow, id, token } = yield* setup("near")
      const events = yield* RoomEvents
      const fast = yield* follow()
      yield* fast.next
      const { hostname, port } = new URL(base)
      const socket = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof connect>>((resume) => {
          const opened = connect(Number(port), hostname, () => {
            opened.write(`GET /rooms/${id}/stream HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${token}\r\n\r\n`)
            opened.once("data", () => {
              opened.pause()
              resume(Effect.succeed(opened))
            })
          })
        }),
        (opened) => Effect.sync(() => opened.destroy())
      )
      const dropped = counted("parley_streams_dropped_total", { reason: "behind" })
      const before = yield* dropped
      const turn = { turn_id: TurnId.make(1), temp_id: "temp_1", agent_id: AgentId.make(1) }
      const delta = "x".repeat(1_000_000)
      const sent = 40

      for (let at = 0; at < sent; at++) {
        events.send({ id: RoomId.make(id), owner_id: "admin" }, { type: "content_delta", ...turn, delta, offset: at })
        yield* fast.hears("content_delta", ({ offset }) => offset === at)
      }
      const read = yield* Effect.async<number>((resume) => {
        let bytes = 0
        socket.on("data", (part) => {
          bytes += part.length
        })
        socket.on("error", () => {})
        socket.once("close", () => resume(Effect.succeed(bytes)))
        socket.resume()
      }).pipe(Effect.timeout("10 seconds"))

      assertTrue(read < sent * delta.length, `${read} bytes`)
      assertEquals((yield* dropped) - before, 1)
    })
  )

  it.scoped("a reader that comes back gets all it has missed, be it far more than the buffer", () =>
    Effect.gen(function* () {
      const { follow, say } = yield* setup("far")
      const long = "y".repeat(60_000)
      yield* Effect.forEach(Array.from({ length: 60 }), (_, at) => say(`${at} ${long}`), { concurrency: 8 })

      const reader = yield* follow("?after=0")
      yield* Effect.repeat(reader.hears("new_message"), { times: 59 })
      yield* say("and now live")
      yield* reader.hears("new_message")

      assertEquals(new Set(contents(reader.seen)).size, 61)
      assertEquals(contents(reader.seen).at(-1), "and now live")
    })
  )
})
