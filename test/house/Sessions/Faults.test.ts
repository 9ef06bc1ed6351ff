import { FileSystem } from "@effect/platform"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertFalse, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Context, Deferred, Effect, Layer } from "effect"
import { stringify } from "../../../src/lib/json.ts"
import { SdkPool } from "../../../src/models/SdkPool.ts"
import { login } from "../../support/Caller.ts"
import { childrenOf, isRunning, onlyChild } from "../../support/children.ts"
import { whyNot } from "../../support/ClaudeHouse.ts"
import { Ground, life, quiet, room } from "../../support/ClaudeRooms.ts"
import * as Api from "../../support/MessagesApi.ts"
import * as Overheard from "../../support/Overheard.ts"
import * as Process from "../../support/Process.ts"
import * as Receiver from "../../support/Receiver.ts"

/** No key of the usual shape, which would be hidden by that alone. */
const key = "unguessable-key-of-the-house"
const overheard = Overheard.make()
class Traces extends Context.Tag("parley/test/house/Sessions/Faults.test/Traces")<
  Traces,
  Effect.Effect.Success<ReturnType<typeof Receiver.make>>
>() {}
const traced = Layer.unwrapEffect(
  Effect.map(Traces, ({ endpoint }) =>
    life({ ANTHROPIC_API_KEY: key, LOG_LEVEL: "debug", OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
  )
)
const house = traced.pipe(
  Layer.provideMerge(overheard.layer),
  Layer.provideMerge(Layer.scoped(Traces, Receiver.make())),
  Layer.provideMerge(Ground.layer({ Ada: "Ada builds clocks." }))
)
const begun = "It began on a night so still that every clock"
const endless = Api.answer(Api.text(begun, Effect.never))
const why = whyNot()

const setup = Effect.gen(function* () {
  const found = yield* room("Ada")
  const { api, id, messages, say, sql, watch } = found
  const pool = yield* SdkPool
  /** How the round ended that a fault was played in. */
  const play = Effect.fnUntraced(function* <E, R>(
    replies: ReadonlyArray<Api.Reply>,
    fault: Effect.Effect<unknown, E, R>
  ) {
    yield* api.reply(...replies)
    yield* say("Tell us a story.")
    yield* fault
    const { stop_reason } = yield* watch.ended
    const turns =
      yield* sql`SELECT outcome, error ->> '_tag' AS error FROM turns WHERE room_id = ${id} ORDER BY id DESC LIMIT 1`
    const { leased } = yield* pool.stats("process")
    return [turns[0]?.["outcome"], turns[0]?.["error"], stop_reason, leased]
  })
  const said = Effect.map(messages, stringify)
  const speaking = watch.until("content_delta")
  const kill = Effect.map(onlyChild, (id) => process.kill(id, "SIGKILL"))
  return { ...found, kill, play, said, speaking }
})

describe.skipIf(why !== "")(`a room whose agent's process fails ${why}`, { timeout: Process.patience }, () => {
  layer(house, { excludeTestServices: true })((it) => {
    it.scoped("is told how each turn ended, and the key is in nothing that is shown, logged or traced", () =>
      Effect.gen(function* () {
        const { kill, play, said, speaking, watch } = yield* setup

        const outcomes = [
          yield* play([endless], Effect.zipRight(speaking, kill)),
          yield* play([Api.refuse(401)], Effect.void),
          yield* play([Api.refuse(400), Api.refuse(400), Api.refuse(400)], Effect.void)
        ]

        const failed = "provider_unavailable"
        deepStrictEqual(outcomes, [
          ["failed", "Crashed", failed, 0],
          ["failed", "Unauthorized", failed, 0],
          ["failed", "InvalidRequest", failed, 0]
        ])
        assertTrue((yield* said).includes(begun))
        const traces = yield* Traces
        yield* Effect.repeat(traces.next, { until: (body) => body.includes("InvalidRequest") })
        const all = [stringify(watch.seen), yield* said, ...overheard.said, ...traces.bodies].join("\n")
        assertTrue(all.includes("Claude.open") && all.includes("InvalidRequest"))
        assertFalse(all.includes(key))
      })
    )
  })

  layer(Layer.merge(Ground.layer({}, quiet), Process.layer), { excludeTestServices: true })((it) => {
    it.scoped("hears of the turn that was cut when its server was killed, and no process of it goes on", () =>
      Effect.gen(function* () {
        const { api } = yield* Ground
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped({ prefix: "parley-" })
        const settings = { ...Process.withPassword, ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: api.url }
        const first = yield* Process.serve(folder, settings)
        const before = yield* login(first.base)
        const log = yield* before.follow(1)
        yield* api.reply(endless)
        yield* before.call("POST", "/rooms/1/messages/send", { content: "Hello" })
        const call = yield* api.next
        yield* log.sees(/event: content_delta/)
        const [id = 0] = yield* childrenOf(first.pid)

        yield* first.signal("SIGKILL")
        yield* first.ended
        const second = yield* Process.serve(folder, settings)

        assertFalse(yield* isRunning(id))
        assertEquals(yield* Effect.timeout(Deferred.await(call.closed), "2 seconds"), false)
        const [turn] = yield* Process.query(folder, "SELECT outcome FROM turns ORDER BY id")
        assertEquals(turn.outcome, "interrupted")
        const after = yield* login(second.base)
        yield* (yield* after.follow(1, "?after=0")).sees(/event: round_ended/)
      })
    )
  })
})
