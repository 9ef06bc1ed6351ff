import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import { Overloaded, Unauthorized } from "../src/domain/Provider.ts"
import { inHouse, room } from "./support/Duo.ts"
import * as Puppet from "./support/Puppet.ts"

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
        const { client } = yield* room()
        const list = Effect.map(client.json("GET", "/providers"), ({ data }) => data.providers[0].models)
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
        const { client, say, watch } = yield* room()
        yield* say("Hello?")
        yield* watch.ended
        const { data } = yield* client.json("GET", "/providers")
        const [{ health, models }] = data.providers
        deepStrictEqual([models, health.last_error._tag, health.last_success_at], [null, "Overloaded", null])
        assertTrue(health.failures > 0 && health.not_before.endsWith("Z"))
      }),
      { PROVIDER_PATIENCE_SECONDS: "0" }
    )
  })
})
