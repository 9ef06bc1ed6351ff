import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { stringify } from "../../../src/lib/json.ts"
import * as ChatApi from "../../support/ChatApi.ts"
import { room } from "../../support/Duo.ts"
import * as House from "../../support/House.ts"
import * as MessagesApi from "../../support/MessagesApi.ts"

const { answer, hangUp, refuse, refuseSaying, text, toolUse } = ChatApi
const noting = answer(
  text("Let me write that down, and keep it in a good place. "),
  toolUse("memorize", '{"memory_entry":"Tom paid."}')
)

const odd = {
  "is told to wait": refuse(429, { "retry-after": "1" }),
  "finds the service overloaded": refuse(503),
  "finds the service broken": refuse(500),
  "loses its connection": hangUp
}

const vendors = {
  openai: Effect.map(ChatApi.make(answer(text("It is done."))), (api) => ({
    reply: api.reply,
    calls: api.calls,
    settings: { OPENAI_BASE_URL: api.url, OPENAI_MODEL: "model-a" }
  })),
  anthropic: Effect.map(MessagesApi.make(answer(text("It is done."))), (api) => ({
    reply: api.reply,
    calls: api.calls,
    settings: {
      ANTHROPIC_API_KEY: "sk-test-not-a-real-key",
      ANTHROPIC_BASE_URL: api.url,
      DEFAULT_PROVIDER: "anthropic"
    }
  }))
}

describe("a turn whose tool was called", () => {
  for (const [provider, vendor] of Object.entries(vendors)) {
    for (const [what, refusal] of Object.entries(odd)) {
      it.scopedLive(`goes on with ${provider} when its next request ${what}, and calls no tool twice`, () =>
        Effect.gen(function* () {
          const { calls, reply, settings } = yield* vendor
          yield* reply(noting, refusal)
          const folders = yield* House.folders({ Ada: "Ada builds clocks." })
          const test = Effect.gen(function* () {
            const { said, say, turns, watch } = yield* room()
            yield* say("Tom has paid.")
            yield* watch.ended
            deepStrictEqual(yield* turns, [["Ada", "replied"]])
            assertInclude(stringify(yield* said), "in a good place. It is done.")
            deepStrictEqual(calls.length, 3)
            const waits = watch.seen.flatMap((event) => (event.type === "turn_waiting" ? [event.waiting] : []))
            assertTrue(waits.length >= 2 && waits.at(-1) === null, stringify(waits))
            deepStrictEqual(calls[1]?.body, calls[2]?.body)
          })
          yield* Effect.provide(test, House.layerWhole({ ...folders, ...settings }))
        }).pipe(Effect.provide(NodeContext.layer))
      )
    }
  }

  it.scopedLive("fails at once where waiting does not help", () =>
    Effect.gen(function* () {
      const { calls, reply, settings } = yield* vendors.openai
      yield* reply(noting, refuseSaying(401, { error: { message: "no such key" } }))
      const folders = yield* House.folders({ Ada: "Ada builds clocks." })
      const test = Effect.gen(function* () {
        const { say, turns, watch } = yield* room()
        yield* say("Tom has paid.")
        yield* watch.ended
        deepStrictEqual(yield* turns, [["Ada", "failed"]])
        deepStrictEqual(calls.length, 2)
      })
      yield* Effect.provide(test, House.layerWhole({ ...folders, ...settings }))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
