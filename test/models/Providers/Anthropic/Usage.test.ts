import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { answered } from "../../../support/answered.ts"
import { makeAnthropic } from "../../../support/HttpHouse.ts"
import { frames } from "../../../support/StandIn/Raw.ts"

const answer = (first: unknown, last: unknown) =>
  frames(
    { type: "message_start", message: { model: "claude-sonnet-4-5", usage: first } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello Bob" } },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: last },
    { type: "message_stop" }
  )

const cached = { cache_read_input_tokens: 3, cache_creation_input_tokens: 4 }
const begun = { input_tokens: 10, output_tokens: 1, ...cached }

/** What is told at the beginning and at the end of an answer. */
const told: ReadonlyArray<readonly [string, unknown, unknown]> = [
  ["as the API does", begun, { output_tokens: 7 }],
  ["all at the end", undefined, { ...begun, output_tokens: 7 }],
  ["texts", { ...begun, input_tokens: "10" }, { output_tokens: "7" }],
  ["less at the end", begun, { input_tokens: 0, output_tokens: 7, cache_read_input_tokens: 0 }],
  [
    "nonsense beside it",
    { ...begun, output_tokens: -1 },
    { input_tokens: -5, output_tokens: 7, cache_creation_input_tokens: 1e30 }
  ]
]

describe("what an answer of anthropic takes", () => {
  for (const [name, first, last] of told) {
    it.scopedLive(`is what the vendor tells: ${name}`, () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeAnthropic()
        yield* api.reply(answer(first, last))

        const { usage } = yield* answered(provider)

        deepStrictEqual(
          { ...usage, costUsd: null },
          { inputTokens: 10, outputTokens: 7, cacheReadTokens: 3, cacheWriteTokens: 4, costUsd: null }
        )
      })
    )
  }

  for (const [name, usage] of [
    ["nothing", undefined],
    ["a word", "n/a"],
    ["zeros", { input_tokens: 0, output_tokens: 0 }]
  ] as const) {
    it.scopedLive(`is estimated from its text where the vendor tells ${name}`, () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeAnthropic()
        yield* api.reply(answer(usage, usage))

        const found = yield* answered(provider)

        const sent = Math.ceil((api.calls[0]?.body.length ?? 0) / 3)
        deepStrictEqual([found.isCounted, found.usage?.inputTokens, found.usage?.outputTokens], [true, sent, 3])
      })
    )
  }
})
