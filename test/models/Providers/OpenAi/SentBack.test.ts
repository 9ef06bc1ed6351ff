import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { answered } from "../../../support/answered.ts"
import { makeOpenAi } from "../../../support/HttpHouse.ts"
import { frames } from "../../../support/StandIn/Raw.ts"

const Sent = Schema.parseJson(Schema.Struct({ messages: Schema.Array(Schema.Any) }))

const extra_content = { google: { thought_signature: "c2ln" } }
const called = { index: 0, id: "a", function: { name: "memorize", arguments: '{"memory_entry":"x"}' } }
const back = { id: "a", type: "function", function: called.function }

const call = (more: object = {}) => ({ tool_calls: [{ ...called, ...more }] })
const chunk = (delta: object) => ({ choices: [{ delta, finish_reason: null }] })

const details = [
  { type: "reasoning.text", text: "Tea ", index: 0, format: "anthropic-claude-v1" },
  { type: "reasoning.text", text: "is hot.", index: 0 },
  { type: "reasoning.text", signature: "c2ln", index: 0, text: null },
  { type: "reasoning.encrypted", data: "b25l", id: "r1", index: 1 },
  { type: "reasoning.encrypted", data: "dHdv", id: "r2", index: 1 }
]

const rows: ReadonlyArray<readonly [string, ReadonlyArray<object>, object]> = [
  ["a call's extra content", [call({ extra_content })], { content: null, tool_calls: [{ ...back, extra_content }] }],
  [
    "extra content that comes behind its call",
    [call(), { tool_calls: [{ index: 0, extra_content }] }],
    { content: null, tool_calls: [{ ...back, extra_content }] }
  ],
  [
    "what LiteLLM puts beside a call, its function and the message",
    [
      { provider_specific_fields: { citations: [] } },
      {
        tool_calls: [
          {
            ...called,
            function: { ...called.function, provider_specific_fields: { thought_signature: "c2ln" } },
            provider_specific_fields: { thought_signature: "c2ln" }
          }
        ]
      }
    ],
    {
      content: null,
      provider_specific_fields: { citations: [] },
      tool_calls: [
        {
          ...back,
          function: { ...back.function, provider_specific_fields: { thought_signature: "c2ln" } },
          provider_specific_fields: { thought_signature: "c2ln" }
        }
      ]
    }
  ],
  [
    "LiteLLM's blocks of thoughts, each with its signature",
    [
      ...["Tea ", "is hot."].map((thinking) => ({ thinking_blocks: [{ type: "thinking", thinking }] })),
      { thinking_blocks: [{ type: "thinking", thinking: "", signature: "c2ln" }] },
      { thinking_blocks: [{ type: "thinking", thinking: "Wait.", signature: "dHdv" }] },
      call()
    ],
    {
      content: null,
      thinking_blocks: [
        { type: "thinking", thinking: "Tea is hot.", signature: "c2ln" },
        { type: "thinking", thinking: "Wait.", signature: "dHdv" }
      ],
      tool_calls: [back]
    }
  ],
  [
    "details of the reasoning",
    [...details.map((one) => ({ reasoning_details: [one] })), call()],
    {
      content: null,
      reasoning_details: [
        { type: "reasoning.text", text: "Tea is hot.", index: 0, format: "anthropic-claude-v1", signature: "c2ln" },
        ...details.slice(3)
      ],
      tool_calls: [back]
    }
  ],
  [
    "reasoning of DeepSeek's",
    [{ reasoning_content: "Tea " }, { reasoning_content: "is hot." }, call()],
    { content: null, reasoning_content: "Tea is hot.", tool_calls: [back] }
  ],
  [
    "thoughts that came in the content",
    [{ content: [{ type: "thinking", thinking: [{ type: "text", text: "Tea." }] }] }, { content: "Wait." }, call()],
    {
      content: [
        { type: "thinking", thinking: [{ type: "text", text: "Tea." }] },
        { type: "text", text: "Wait." }
      ],
      tool_calls: [back]
    }
  ],
  [
    "thoughts that came as text",
    [{ content: "<think>Tea.</think>Wait." }, call()],
    { content: "<think>Tea.</think>Wait.", tool_calls: [back] }
  ]
]

describe("openai", () => {
  for (const [name, deltas, expected] of rows) {
    it.scopedLive(`gives ${name} back with the result`, () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeOpenAi()
        yield* api.reply(frames(...deltas.map(chunk), { choices: [{ delta: {}, finish_reason: "tool_calls" }] }))

        yield* answered(provider)

        const { messages } = yield* Schema.decode(Sent)((yield* Effect.fromNullable(api.calls[1])).body)
        deepStrictEqual(messages.slice(-2), [
          { role: "assistant", ...expected },
          { role: "tool", tool_call_id: "a", content: "kept" }
        ])
      })
    )
  }
})
