import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema, Stream } from "effect"
import { Cache } from "../../../src/store/Cache.ts"
import { Closing } from "../../../src/process/Closing.ts"
import { Overloaded } from "../../../src/domain/ProviderError.ts"
import { ServerStatus } from "../../../src/domain/Status.ts"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

describe("the admin's status", () => {
  it.scopedLive("tells in one answer how queue, cache, pool, providers, streams and process are doing", () =>
    inHouse(
      Puppet.make({
        act: () => Stream.concat(Puppet.say("Tick."), Puppet.done("s")),
        pid: ({ agentName }) => (agentName === "Ada" ? 4321 : null)
      }),
      Effect.gen(function* () {
        const { ask, client, path, say, watch } = yield* room({ max_follow_ups: 0 })
        const status = ask(({ admin }) => admin.status())
        yield* say("Hello?")
        yield* watch.ended
        const reader = yield* client.events(`${path}/stream`)
        yield* reader.next
        const cache = yield* Cache
        const key = { group: "odd", name: "one" }
        yield* cache.region<void>().get(key, cache.invalidate("odd"))
        const { started_at } = yield* status

        const told = yield* Effect.flatMap(status, Schema.decodeUnknown(ServerStatus))
        deepStrictEqual([told.failing, told.queue], [[], { depth: 0, capacity: 4096, is_open: true }])
        deepStrictEqual(told.streams, { open: 1, limit: 5000 })
        deepStrictEqual([told.pool.process.idle, told.pool.connection.alive], [2, 0])
        assertEquals(told.providers["puppet"]?.state, "closed")
        deepStrictEqual(told.scheduler, { capacity: 5, running: 0, breakers: { open: 0, half_open: 0 } })
        assertEquals(told.started_at, started_at)
        assertTrue(told.uptime_seconds > 0 && told.process.resident_bytes > 2 ** 24 && told.process.cpu_seconds > 0)
        assertTrue(told.database.bytes > 0 && told.database.wal_bytes > 0)
        assertTrue(told.cache.misses > 0)
        deepStrictEqual([told.cache.refused_fills, told.process.children], [1, 1])
      })
    )
  )

  it.scopedLive("tells of each provider what the list of providers tells", () =>
    inHouse(
      Puppet.make({ act: () => Stream.fail(new Overloaded({ retryAfterMs: null })) }),
      Effect.gen(function* () {
        const { ask, say, watch } = yield* room()
        yield* say("Hello?")
        yield* watch.ended

        const { puppet } = (yield* ask(({ admin }) => admin.status())).providers

        assertEquals(puppet?.last_error?._tag, "Overloaded")
        const [listed] = (yield* ask(({ system }) => system.providers())).providers
        deepStrictEqual(puppet, listed?.health)
      }),
      { PROVIDER_PATIENCE_SECONDS: "0" }
    )
  )
})

describe("readiness", () => {
  it.scopedLive("is told by a route that answers 503 while the server closes, when it is alive still", () =>
    inHouse(
      Puppet.make({ act: Puppet.skip }),
      Effect.gen(function* () {
        const { ask } = yield* room()
        const ready = ask(({ system }) => system.ready())
        deepStrictEqual(yield* ready, { status: "ready" })

        yield* Effect.flatMap(Closing, ({ begin }) => begin)

        const { body, detail, status, tag } = yield* Effect.flip(ready)
        deepStrictEqual([status, tag, body["failing"]], [503, "NotReady", ["closing"]])
        assertEquals(detail, "The server is not ready: it is closing")
        yield* ask(({ system }) => system.health())
        deepStrictEqual((yield* ask(({ admin }) => admin.status())).failing, ["closing"])
      })
    )
  )
})
