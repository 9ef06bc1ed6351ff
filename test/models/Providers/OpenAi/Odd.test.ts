import { describe, it } from "@effect/vitest"
import { type Answered, becomes } from "../../../support/answered.ts"
import * as ChatApi from "../../../support/ChatApi.ts"
import { makeOpenAi } from "../../../support/HttpHouse.ts"
import type { Reply } from "../../../support/StandIn/Protocol.ts"
import { body, frames } from "../../../support/StandIn/Raw.ts"

const chunk = (delta: unknown, finish_reason: unknown = null, more: object = {}) => ({
  choices: [{ index: 0, delta, finish_reason, ...more }]
})
const hello = chunk({ content: "Hello" })
const stop = chunk({}, "stop")
const said = { text: "Hello", finish: "stop" } as const
/** What the stand-in answers when it is asked again with the results. */
const asked = { text: "All right.", finish: "stop" }
const kept = ["memorize", { memory_entry: "x" }] as const

const rows: ReadonlyArray<readonly [string, Reply, Partial<Answered>]> = [
  [
    "403 with a region",
    ChatApi.refuseSaying(403, {
      error: { code: "unsupported_country_region_territory", message: "Country, region, or territory not supported" }
    }),
    { error: { _tag: "Unauthorized" } }
  ],
  [
    "429 daily free limit",
    ChatApi.refuseSaying(429, {
      error: { message: "You have reached your specified API usage limits. You will regain access on 2027-01-01." }
    }),
    { error: { _tag: "QuotaExhausted" } }
  ],
  [
    "400 credit balance",
    ChatApi.refuseSaying(400, { error: { message: "Your credit balance is too low to access the API" } }),
    { error: { _tag: "QuotaExhausted" } }
  ],
  [
    "404 model",
    ChatApi.refuseSaying(404, { error: { message: "model 'qwen9' not found, try pulling it first" } }),
    { error: { _tag: "ModelUnknown" } }
  ],
  [
    "451",
    ChatApi.refuseSaying(451, { error: { message: "Blocked by content policy" } }),
    { error: { _tag: "Refused" } }
  ],
  [
    "arrearage",
    ChatApi.refuseSaying(400, {
      code: "Arrearage",
      message: "Access denied, please make sure your account is in good standing."
    }),
    { error: { _tag: "QuotaExhausted" } }
  ],
  [
    "token limit in Gemini's words",
    ChatApi.refuseSaying(400, [
      {
        error: {
          code: 400,
          message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
          status: "INVALID_ARGUMENT"
        }
      }
    ]),
    { error: { _tag: "ContextExceeded" } }
  ],
  [
    "500 context",
    ChatApi.refuseSaying(500, {
      error: { message: "the request exceeds the available context size, try increasing it" }
    }),
    { error: { _tag: "ContextExceeded" } }
  ],
  [
    "Bedrock",
    ChatApi.refuseSaying(400, { message: "Input is too long for requested model." }),
    { error: { _tag: "ContextExceeded" } }
  ],
  [
    "xAI",
    ChatApi.refuseSaying(400, {
      code: "Client specified an invalid argument",
      error: "This model's maximum prompt length is 131072 but the request contains 140000 tokens."
    }),
    { error: { _tag: "ContextExceeded" } }
  ],
  [
    "KoboldCpp",
    ChatApi.refuseSaying(400, {
      detail: { msg: "Prompt has 9000 tokens, which exceeds the model's limit of 4096 tokens", type: "bad_input" }
    }),
    { error: { _tag: "ContextExceeded" } }
  ],
  ["end_turn null", frames(chunk({ content: "Hello" }), chunk({}, "eos"), "[DONE]"), said],
  ["abort", frames(chunk({ content: "Hello" }), chunk({}, "abort"), "[DONE]"), { text: "Hello", finish: "error" }],
  [
    "cancelled",
    frames(chunk({ content: "Hello" }), chunk({}, "cancelled"), "[DONE]"),
    { text: "Hello", finish: "error" }
  ],
  ["SAFETY with no text", frames(chunk({}, "SAFETY"), "[DONE]"), { error: { _tag: "Refused" } }],
  [
    "text as the old completions",
    frames({ choices: [{ index: 0, text: "Hello", finish_reason: "stop" }] }, "[DONE]"),
    said
  ],
  [
    "message in place of delta",
    frames(
      { choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }] },
      "[DONE]"
    ),
    said
  ],
  [
    "JSON with blanks",
    body({ choices: [{ message: { content: [{ type: "text", text: "Hello" }] }, finish_reason: null }] }),
    said
  ],
  [
    "function_call of old",
    frames(
      chunk({ function_call: { name: "memorize", arguments: '{"memory_' } }),
      chunk({ function_call: { arguments: 'entry":"x"}' } }),
      chunk({}, "function_call"),
      "[DONE]"
    ),
    { calls: [kept], ...asked }
  ],
  [
    "thought in Gemma's words",
    frames(chunk({ content: "<thought>\nHm.\n</thought>\nHello" }), stop),
    { thoughts: "\nHm.\n", ...said }
  ],
  [
    "analysis in bars",
    frames(chunk({ content: "<|begin_of_thought|>Hm.<|end_of_thought|>Hello" }), stop),
    { thoughts: "Hm.", ...said }
  ],
  ["Kimi's", frames(chunk({ content: "<think>Hm.</think><|im_end|>Hello" }), stop), { thoughts: "Hm.", ...said }],
  [
    "invoke",
    frames(
      chunk({
        content:
          '<function_calls>\n<invoke name="memorize">\n<parameter name="memory_entry">x</parameter>\n</invoke>\n</function_calls>'
      }),
      stop
    ),
    { calls: [kept], ...asked }
  ],
  [
    "tools in plural",
    frames(
      chunk({ content: 'Hello<tool_calls>[{"name":"memorize","arguments":{"memory_entry":"x"}}]</tool_calls>' }),
      stop
    ),
    { text: "Hello" + asked.text, calls: [kept], finish: "stop" }
  ],
  [
    "usage in strings",
    frames(hello, stop, { choices: [], usage: { prompt_tokens: "12", completion_tokens: null } }),
    said
  ]
]

describe("an odd endpoint of other people's", () => {
  for (const [name, reply, expected] of rows) it.scopedLive(name, () => becomes(makeOpenAi(), reply, expected))
})
