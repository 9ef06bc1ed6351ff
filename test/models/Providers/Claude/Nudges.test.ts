import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { ProviderEvent } from "../../../../src/domain/Provider.ts"
import { stringify } from "../../../../src/lib/json.ts"
import { makeBill } from "../../../support/bill.ts"
import { makeHouse, play, spec, whyNot } from "../../../support/ClaudeHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"
import { Cut } from "../../../support/StandIn/Protocol.ts"

const end = (finishReason: string) =>
  ProviderEvent.Done({ sessionId: null, model: "claude-sonnet-4-5", finish: "stop", finishReason })

const frame = (event: { readonly type: string }) => `event: ${event.type}\ndata: ${stringify(event)}\n\n`

const atTheLimit = [
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "max_tokens", stop_sequence: null }, usage: Api.usage },
  { type: "message_stop" }
]
  .map(frame)
  .join("")

const cutOff = Effect.suspend(() => new Cut({ end: (response) => Effect.sync(() => void response.end(atTheLimit)) }))

const said = (call: Api.Call | undefined) => call?.said.flatMap(({ texts }) => texts).join("\n") ?? ""

describe.skipIf(whyNot() !== "")(`What the client would ask by itself ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    it.scoped("is not waited for where the model has nothing to say: it has skipped", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse({}, Api.silence)
        yield* api.reply(Api.answer())
        const bill = makeBill()
        const session = yield* provider.open(spec())

        const events = yield* play(session, "Hi", undefined, bill.spend)

        deepStrictEqual(events, [end("end_turn")])
        deepStrictEqual(
          { ...bill.usage(), costUsd: 0 },
          {
            inputTokens: 10,
            outputTokens: 7,
            cacheReadTokens: 3,
            cacheWriteTokens: 4,
            costUsd: 0
          }
        )
        assertTrue(api.calls.length <= 2 && said(api.calls[0]).endsWith("Hi"))
      })
    )

    it.scoped("is not waited for where the model's answer is as long as it may be: that is its answer", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse({}, Api.silence)
        yield* api.reply(Api.answer(Api.text("As long as", cutOff)))
        const session = yield* provider.open(spec())

        const events = yield* play(session, "Hi")

        deepStrictEqual(events, [ProviderEvent.TextDelta({ text: "As long as" }), end("max_tokens")])
        assertEquals(api.calls.length <= 2, true)
      })
    )
  })
})
