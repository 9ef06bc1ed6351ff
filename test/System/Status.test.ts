import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema, Stream } from "effect"
import { Closing } from "../../src/Closing.ts"
import { ServerStatus } from "../../src/domain/Status.ts"
import { inHouse, room } from "../support/Duo.ts"
import * as Puppet from "../support/Puppet.ts"

describe("the admin's status", () => {
  it.scopedLive("tells in one answer how queue, cache, pool, providers, streams and process are doing", () =>
    inHouse(
      Puppet.make({ act: () => Stream.concat(Puppet.say("Tick."), Puppet.done("s")) }),
      Effect.gen(function* () {
        const { client, path, say, watch } = yield* room({ max_follow_ups: 0 })
        yield* say("Hello?")
        yield* watch.ended
        const reader = yield* client.events(`${path}/stream`)
        yield* reader.next

        const { data, status } = yield* client.json("GET", "/admin/status")

        const told = yield* Schema.decodeUnknown(ServerStatus)(data)
        assertEquals(status, 200)
        deepStrictEqual([told.failing, told.queue], [[], { depth: 0, capacity: 4096, is_open: true }])
        deepStrictEqual(told.streams, { open: 1, limit: 5000 })
        deepStrictEqual([told.pool.process.idle, told.pool.connection.alive], [2, 0])
        assertEquals(told.providers["puppet"]?.state, "closed")
        deepStrictEqual(told.scheduler, { capacity: 5, running: 0, breakers: { open: 0, half_open: 0 } })
        assertTrue(told.uptime_seconds > 0 && told.database.bytes > 0 && told.process.resident_bytes > 2 ** 24)
        assertTrue(told.cache.misses > 0 && told.process.cpu_seconds > 0)
      })
    )
  )
})

describe("readiness", () => {
  it.scopedLive("is told by a route that answers 503 while the server closes, when it is alive still", () =>
    inHouse(
      Puppet.make({ act: Puppet.skip }),
      Effect.gen(function* () {
        const { client } = yield* room()
        const get = (path: string) => client.json("GET", path)
        const before = yield* get("/ready")
        deepStrictEqual([before.status, before.data], [200, { status: "ready" }])

        yield* Effect.flatMap(Closing, ({ begin }) => begin)

        const { data, status } = yield* get("/ready")
        deepStrictEqual([status, data._tag, data.failing], [503, "NotReady", ["closing"]])
        assertEquals(data.detail, "The server is not ready: it is closing")
        assertEquals((yield* get("/health")).status, 200)
        deepStrictEqual((yield* get("/admin/status")).data.failing, ["closing"])
      })
    )
  )
})
