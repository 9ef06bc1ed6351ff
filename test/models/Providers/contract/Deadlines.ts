import { assertEquals, assertInstanceOf, assertTrue } from "@effect/vitest/utils"
import { Context, Effect, Layer } from "effect"
import { hear } from "../../../../src/models/Deadlines.ts"
import { TimedOut } from "../../../../src/domain/ProviderError.ts"
import { hang, pause, say, type Script } from "../../../../src/models/Providers/Scripted/Script.ts"
import { SdkPool } from "../../../../src/models/SdkPool.ts"
import { House } from "./House.ts"
import { open, spec, type It } from "./talk.ts"
import { pulled } from "../../../support/turns.ts"

const drip = Array.from({ length: 100 }, () => [pause(20), say("drip ")]).flat()

const cases: ReadonlyArray<readonly [TimedOut["phase"], Script, Parameters<typeof hear>[0]]> = [
  ["first_token", [hang], { firstTokenMs: 300, idleMs: 5000, totalMs: 5000 }],
  ["idle", [say("Once"), hang], { firstTokenMs: 5000, idleMs: 100, totalMs: 5000 }],
  ["total", drip, { firstTokenMs: 5000, idleMs: 5000, totalMs: 500 }]
]

export const deadlines = (it: It) => {
  for (const [phase, script, limits] of cases) {
    it.scoped(`a turn that outstays its deadline (${phase}) is broken off, and the vendor is left`, () =>
      Effect.gen(function* () {
        const { vendor } = yield* House
        const { ask } = yield* open()
        yield* vendor.performs(script)

        const error = yield* Effect.flip(hear(limits)(pulled(ask("Go on")), () => null))

        assertInstanceOf(error, TimedOut)
        assertEquals(error.phase, phase)
        const over = Effect.flatMap(Effect.fromNullable(vendor.asked().at(-1)), (asked) => asked.over)
        assertEquals(yield* Effect.timeoutOption(over, 1000).pipe(Effect.flatten), false)
      })
    )
  }

  it.scoped("a session that takes longer to open than the pool waits is given up, and nothing of it stays", () =>
    Effect.gen(function* () {
      const { processes, provider } = yield* House
      const before = yield* processes
      const pool = yield* Effect.map(
        Layer.build(
          SdkPool.layer({
            capacity: 2,
            connections: 2,
            idleMs: 60_000,
            maxWaiting: 3,
            waitMs: 5000,
            connectMs: 1,
            isRoomy: () => false
          })
        ),
        Context.get(SdkPool)
      )

      const opened = yield* Effect.either(Effect.scoped(pool.lease(provider, yield* spec(), "person")))

      if (provider.takes === "process") assertEquals(opened._tag === "Left" && opened.left._tag, "TimedOut")
      else assertTrue(opened._tag === "Right")
      yield* pool.evict(() => true)
      assertEquals((yield* pool.stats(provider.takes)).alive, 0)
      assertEquals(yield* processes, before)
    })
  )
}
