import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import type { Finish } from "../../../../src/domain/Finish.ts"
import { ProviderEvent } from "../../../../src/domain/Provider.ts"
import { Refused, Unreadable } from "../../../../src/domain/ProviderError.ts"
import { stringify } from "../../../../src/lib/json.ts"
import { makeBill } from "../../../support/bill.ts"
import { makeHouse, openIn, play, spec, whyNot } from "../../../support/ClaudeHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"
import { Cut } from "../../../support/StandIn/Protocol.ts"

const end = (finish: Finish, finishReason: string) =>
  ProviderEvent.Done({ sessionId: null, model: "claude-sonnet-4-5", finish, finishReason })

const frame = (event: { readonly type: string }) => `event: ${event.type}\ndata: ${stringify(event)}\n\n`

/** Ends the answer for this reason. */
const stopping = (stop_reason: string, stop_details: object | null = null) => {
  const events = [
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason, stop_sequence: null, stop_details }, usage: Api.usage },
    { type: "message_stop" }
  ]
  const last = events.map(frame).join("")
  return Effect.suspend(() => new Cut({ end: (response) => Effect.sync(() => void response.end(last)) }))
}

const said = (call: Api.Call | undefined) => call?.said.flatMap(({ texts }) => texts).join("\n") ?? ""

describe.skipIf(whyNot() !== "")(`What the client would ask by itself ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    it.scoped("is not waited for where the model has nothing to say: the answer is empty", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse({}, Api.silence)
        yield* api.reply(Api.answer())
        const bill = makeBill()
        const session = yield* provider.open(spec())

        const error = yield* Effect.flip(play(session, "Hi", undefined, bill.spend))

        assertEquals(error, new Unreadable({ reason: "the answer is empty" }))
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
        yield* api.reply(Api.answer(Api.text("As long as", stopping("max_tokens"))))
        const session = yield* provider.open(spec())

        const events = yield* play(session, "Hi")

        deepStrictEqual(events, [ProviderEvent.TextDelta({ text: "As long as" }), end("length", "max_tokens")])
        assertEquals(api.calls.length <= 2, true)
      })
    )

    it.scoped("is not waited for where the model refuses, and the reason is told", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse({}, Api.silence)
        const refused = stopping("refusal", { type: "refusal", category: "cyber", explanation: "Not this." })
        yield* api.reply(Api.answer(Api.text(refused)))
        const { close, session } = yield* openIn(provider)

        const error = yield* Effect.flip(play(session, "Hi"))

        yield* close
        assertEquals(error, new Refused({ finish: "refusal", reason: "Not this." }))
        assertTrue(api.calls.length <= 2, `${api.calls.length}`)
      })
    )

    it.scoped("is not waited for where the model refuses to go on: what it said is its answer", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse({}, Api.silence)
        yield* api.reply(Api.answer(Api.text("Well, ", stopping("refusal"))))
        const { close, session } = yield* openIn(provider)

        const events = yield* play(session, "Hi")

        yield* close
        deepStrictEqual(events, [ProviderEvent.TextDelta({ text: "Well, " }), end("refusal", "refusal")])
        assertTrue(api.calls.length <= 2, `${api.calls.length}`)
      })
    )
  })
})
