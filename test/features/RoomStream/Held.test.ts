import { layer } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Effect, Schedule } from "effect"
import { OpenStreams } from "../../../src/features/OpenStreams.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"
import { counted } from "../../support/metrics.ts"

layer(House.shared({}), { excludeTestServices: true })("A stream that has caught up", (it) => {
  it.scoped("is no request under way any more, goes on, and gives its place back when its reader leaves", () =>
    Effect.gen(function* () {
      const client = yield* Client.make
      const streams = yield* OpenStreams
      const { id } = yield* client.ask(({ rooms }) => rooms.create({ payload: { name: "room" } }))
      const served = counted("parley_http_requests_total", { route: "/rooms/{room_id}/stream", status: "2xx" })
      const before = yield* served

      yield* Effect.scoped(
        Effect.gen(function* () {
          const reader = yield* client.events(`/rooms/${id}/stream`)
          yield* reader.next
          yield* Effect.repeat(served, { until: (now) => now > before, schedule: Schedule.spaced("5 millis") })
          assertEquals((yield* streams.stats).open, 1)
          yield* client.ask(({ messages }) => messages.send({ path: { room_id: id }, payload: { content: "Hello" } }))
          const { message } = yield* reader.hears("new_message")
          assertEquals(message.content, "Hello")
        })
      )
      yield* Effect.repeat(streams.stats, { until: ({ open }) => open === 0, schedule: Schedule.spaced("5 millis") })
    })
  )
})
