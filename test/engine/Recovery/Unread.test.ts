import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue } from "@effect/vitest/utils"
import Database from "better-sqlite3"
import { Effect, Stream } from "effect"
import * as Client from "../../support/Client.ts"
import { room } from "../../support/Duo.ts"
import * as House from "../../support/House.ts"
import * as Puppet from "../../support/Puppet.ts"
import * as Watch from "../../support/Watch.ts"

/** A server that ends while Ada speaks, and another after it that finds what was damaged meanwhile. */
const lives = Effect.gen(function* () {
  let life = 0
  const puppet = Puppet.make({
    act: () => (life === 1 ? Stream.fromEffect(Effect.never) : Stream.concat(Puppet.say("So it is."), Puppet.done()))
  })
  const folders = yield* House.folders({ Ada: "Ada builds clocks.", Bo: "Bo keeps bees." })
  const settings = { ...folders, SHUTDOWN_SECONDS: "0" }
  const live = <A, E>(test: Effect.Effect<A, E, Effect.Effect.Context<ReturnType<typeof room>>>) => {
    life++
    return Effect.scoped(Effect.provide(Effect.scoped(test), House.layer({ settings, providers: [puppet.provider] })))
  }
  const id = yield* live(
    Effect.gen(function* () {
      const { id, say, watch } = yield* room({ max_follow_ups: 0 })
      yield* say("Who is there?")
      yield* watch.until("stream_start")
      return id
    })
  )
  const damage = (statement: string) =>
    Effect.sync(() => {
      const db = new Database(`${folders.DATA_DIR}/parley.db`)
      db.exec(statement)
      db.close()
    })
  return { id, live, damage }
}).pipe(Effect.provide(NodeContext.layer))

/** Why the room's first round ended, when it has. */
const reason = Effect.fn(function* (id: number) {
  const sql = yield* SqlClient.SqlClient
  const watch = yield* Watch.room(id)
  const read = Effect.map(sql`SELECT stop_reason FROM rounds WHERE id = 1`, ([row]) => row?.["stop_reason"])
  if ((yield* read) === null) yield* watch.ended
  return yield* read
})

describe("a round of a dead server that cannot be read", () => {
  for (const cell of [
    "tries = 'x'",
    "tries = 0.5",
    "tries = -1",
    "tries = 9223372036854775807",
    "kind = x'ff00'",
    "seed = 'x'",
    "policy = 'whim'",
    "tape = '['",
    `"trigger" = x'ff00'`
  ]) {
    it.scopedLive(`is set aside, and its room goes on (${cell})`, () =>
      Effect.gen(function* () {
        const { damage, id, live } = yield* lives
        yield* damage(`UPDATE rounds SET ${cell}`)
        yield* live(
          Effect.gen(function* () {
            assertEquals(yield* reason(id), "set_aside")
            const { ask } = yield* Client.make
            const watch = yield* Watch.room(id)
            yield* ask(({ rounds }) => rounds.goOn({ path: { room_id: id } }))
            assertEquals((yield* watch.ended).stop_reason, "max_rounds")
          })
        )
      })
    )
  }

  for (const [damaged, status] of [
    ["rounds SET started_at = x'ff00'", 200],
    ["rooms SET owner_id = x'ff00'", 500],
    ["rooms SET loop_guard = x'ff00'", 500],
    ["rooms SET is_paused = 'x'", 500],
    ["turns SET reserved_tokens = 9223372036854775807, outcome = NULL", 200]
  ] as const) {
    it.scopedLive(`ends all the same where something beside it is damaged (${damaged})`, () =>
      Effect.gen(function* () {
        const { damage, id, live } = yield* lives
        yield* damage(`UPDATE ${damaged}`)
        yield* live(
          Effect.gen(function* () {
            const ended = yield* reason(id)
            assertTrue(ended !== null && ended !== undefined)
            const { ask } = yield* Client.make
            const read = ask(({ rooms }) => rooms.get({ path: { room_id: id } }))
            assertEquals(yield* Client.statusOf(read), status)
          })
        )
      })
    )
  }
})
