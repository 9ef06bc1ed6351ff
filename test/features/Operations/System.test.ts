import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import { Overloaded, Unauthorized } from "../../../src/domain/ProviderError.ts"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

describe("the list of providers", () => {
  it.scopedLive("does not wait for a vendor that is slow to list its models, and asks it once", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      let asked = 0
      const puppet = Puppet.make({ act: Puppet.skip })
      const models = Effect.suspend(() => {
        asked++
        return Effect.as(Deferred.await(gate), [{ id: "m1", name: "One" }])
      })
      const slow = { ...puppet, provider: { ...puppet.provider, models } }
      const test = Effect.gen(function* () {
        const { ask } = yield* room()
        const list = Effect.map(
          ask(({ system }) => system.providers()),
          ({ providers: [one] }) => one?.models
        )
        deepStrictEqual(yield* Effect.all([list, list], { concurrency: 2 }), [null, null])
        yield* Deferred.succeed(gate, undefined)
        deepStrictEqual(yield* list, [{ id: "m1", name: "One" }])
        assertTrue(asked === 2, String(asked))
      })
      yield* inHouse(slow, test)
    })
  )

  it.scopedLive("tells how it stands with each, and lists no models of one that refuses to", () => {
    const failing = Puppet.make({ act: () => Stream.fail(new Overloaded({ retryAfterMs: null })) })
    const puppet = { ...failing, provider: { ...failing.provider, models: new Unauthorized() } }
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { ask, say, watch } = yield* room()
        yield* say("Hello?")
        yield* watch.ended
        const { providers } = yield* ask(({ system }) => system.providers())
        const { health, models } = providers[0] ?? {}
        deepStrictEqual([models, health?.last_error?._tag, health?.last_success_at], [null, "Overloaded", null])
        assertTrue((health?.failures ?? 0) > 0 && health?.not_before?.endsWith("Z"))
      }),
      { PROVIDER_PATIENCE_SECONDS: "0" }
    )
  })
})

describe("the routes that older clients poll", () => {
  it.scopedLive("say how full the pool is, that nothing is spoken, and what the cache does", () => {
    const puppet = Puppet.make({ act: () => Puppet.done("session") })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { ask, id, idOf, say, watch } = yield* room()
        yield* say("Hello?")
        yield* watch.ended

        const { active_clients, pool_size, providers } = yield* ask(({ system }) => system.poolHealth())
        const { pool_keys, ...counts } = providers["puppet"] ?? {}
        deepStrictEqual([pool_size, active_clients], [2, 0])
        deepStrictEqual(pool_keys?.toSorted(), [`${id}:${idOf("Ada")}`, `${id}:${idOf("Bo")}`].toSorted())
        deepStrictEqual(counts, {
          pool_size: 2,
          pending_cleanup_tasks: 0,
          connection_semaphore_available: 8,
          max_concurrent_connections: 10
        })

        deepStrictEqual(yield* ask(({ system }) => system.voice()), {
          enabled: false,
          server_available: false,
          server_url: ""
        })

        const stats = ask(({ debug }) => debug.stats())
        const before = yield* stats
        deepStrictEqual(Object.keys(before).toSorted(), [
          "hit_rate",
          "hits",
          "invalidations",
          "misses",
          "size",
          "total_requests"
        ])
        assertTrue(before.size > 0 && before.hit_rate > 0 && before.hit_rate <= 100)
        deepStrictEqual(yield* ask(({ debug }) => debug.cleanup()), {
          status: "success",
          message: "Cache cleanup completed"
        })
        deepStrictEqual(yield* ask(({ debug }) => debug.clear()), {
          status: "success",
          message: "Cache cleared successfully"
        })
        deepStrictEqual((yield* stats).size, 0)
      }),
      { AGENT_POOL_MAX_SIZE: "10" }
    )
  })
})
