import type { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import { inHouse, setup } from "../../support/Duo.ts"
import { counted } from "../../support/metrics.ts"
import * as Puppet from "../../support/Puppet.ts"

/** More than what is free in pages that are in use. */
const tale = `Once upon a time there was a clo${"o".repeat(100_000)}ck.`

const pages = (sql: SqlClient.SqlClient, most: number) => sql.unsafe(`PRAGMA max_page_count = ${most}`)

describe("what a round has to store", () => {
  it.scopedLive("is stored once a full disk has space again: the reply, its stream's end and the round's", () =>
    Effect.gen(function* () {
      const end = yield* Deferred.make<void>()
      const puppet = Puppet.make({
        act: (call) =>
          call.spec.agentName === "Bo"
            ? Puppet.skip(call)
            : Stream.concat(
                Puppet.say(tale),
                Stream.concat(Stream.drain(Stream.fromEffect(Deferred.await(end))), Puppet.done("one"))
              )
      })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { said, say, sql, turns, watch } = yield* setup
          const refusals = counted("parley_writes_refused_total", { reason: "StorageFull" })
          const before = yield* refusals

          yield* say("Tell us a story, @Ada")
          yield* watch.until("content_delta")
          // As many as there are is the least that SQLite allows.
          yield* pages(sql, 1)
          yield* Deferred.succeed(end, undefined)
          yield* Effect.repeat(Effect.delay(refusals, "5 millis"), { until: (count) => count > before + 1 })
          const late = yield* Effect.flip(say("x".repeat(50_000)))
          const meanwhile = yield* said
          assertTrue(!watch.seen.some(({ type }) => type === "stream_end"))
          yield* pages(sql, 1_000_000)
          const told = yield* watch.until("stream_end")
          const ended = yield* watch.ended

          deepStrictEqual([late.status, late.tag], [507, "StorageFull"])
          deepStrictEqual(meanwhile, [[null, "Tell us a story, @Ada", false]])
          deepStrictEqual([told.outcome, told.response_text], ["replied", tale])
          assertEquals(ended.stop_reason, "complete")
          deepStrictEqual(yield* said, [...meanwhile, ["Ada", tale, false]])
          deepStrictEqual((yield* turns).slice(0, 2), [
            ["Ada", "replied"],
            ["Bo", "skipped"]
          ])
          deepStrictEqual(yield* sql`SELECT id FROM rounds WHERE ended_at IS NULL`, [])
        })
      )
    })
  )
})
