import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Array, Clock, Effect, Fiber } from "effect"
import { client, login } from "../support/Caller.ts"
import { home, layer, serve, withPassword } from "../support/Process.ts"
import { locker } from "../support/Locker.ts"

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    const value = yield* effect
    return { value, took: (yield* Clock.currentTimeMillis) - began }
  })

describe("a database that another process has locked", () => {
  it.scopedLive("holds up neither health, readers nor streams; writers are refused, and all goes on afterwards", () =>
    Effect.gen(function* () {
      const folder = yield* home
      const server = yield* serve(folder, { ...withPassword, SCRIPTED_PACE_MS: "40" })
      const me = yield* login(server.base)
      const anybody = yield* client(server.base)
      const stream = yield* me.follow(1)
      const say = (content: string) => me.call("POST", "/rooms/1/messages/send", { content })
      yield* say("Good evening")
      yield* stream.sees(/event: content_delta/)

      const lock = yield* locker(`${folder}/data/parley.db`)
      const sends = yield* Effect.fork(
        Effect.all(
          Array.makeBy(5, (n) => timed(say(`lost ${n}`))),
          { concurrency: "unbounded" }
        )
      )
      const probes = yield* Effect.replicateEffect(
        Effect.zipLeft(timed(anybody.call("GET", "/health")), Effect.sleep("100 millis")),
        30
      )
      const read = yield* timed(me.call("GET", "/rooms/1/messages"))
      const ready = yield* anybody.call("GET", "/ready")
      const refused = yield* Fiber.join(sends)
      yield* lock.release

      deepStrictEqual(
        refused.map(({ value: { data, headers, status } }) => [status, data._tag, data.reason, headers["retry-after"]]),
        Array.makeBy(5, () => [503, "StorageUnavailable", "locked", "2"])
      )
      assertTrue(
        refused.every(({ took }) => took < 2000),
        `refused after ${refused.map(({ took }) => took)} ms`
      )
      assertTrue(
        probes.every(({ took }) => took < 100),
        `health took ${probes.map(({ took }) => took)} ms`
      )
      deepStrictEqual([read.value.status, read.took < 500], [200, true])
      deepStrictEqual([ready.status, ready.data.failing], [503, ["lock"]])
      // The agent who spoke meanwhile is stored, once, and the round goes on to its end.
      yield* stream.sees(/event: stream_end\ndata: .*"outcome":"replied"/)
      yield* stream.sees(/event: round_ended/)
      const { data: messages } = yield* me.call("GET", "/rooms/1/messages")
      deepStrictEqual(
        messages.filter(({ content }: { content: string }) => content.startsWith("lost")),
        []
      )
      deepStrictEqual((yield* say("And now?")).status, 200)
    }).pipe(Effect.provide(layer))
  )
})
