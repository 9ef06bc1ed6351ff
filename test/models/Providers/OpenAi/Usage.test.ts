import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { answered } from "../../../support/answered.ts"
import { makeOpenAi } from "../../../support/HttpHouse.ts"
import { frames } from "../../../support/StandIn/Raw.ts"

const hello = { choices: [{ delta: { content: "Hello Bob" }, finish_reason: null }] }
const stop = (more: object = {}) => ({ choices: [{ delta: {}, finish_reason: "stop", ...more }] })
const tail = (more: object) => [hello, stop(), { choices: [], ...more }, "[DONE]"]
const usage = (more: unknown) => tail({ usage: more })

/** Of each token. */
const prices = { claude: { input: 1e6, output: 1e6, cacheRead: 1e6, cacheWrite: 1e6 } }

const took = (...events: ReadonlyArray<unknown>) =>
  Effect.gen(function* () {
    const { api, provider } = yield* makeOpenAi({ prices })
    yield* api.reply(frames(...events))
    const { error, isCounted, text, usage } = yield* answered(provider)
    deepStrictEqual({ error, isCounted, text }, { error: null, isCounted: true, text: "Hello Bob" })
    const sent = api.calls[0]?.body.length ?? 0
    return { sent: Math.ceil(sent / 3), usage: yield* Effect.fromNullable(usage) }
  })

type Row = readonly [
  string,
  ReadonlyArray<unknown>,
  readonly [input: number, output: number, read: number, written?: number]
]

const told: ReadonlyArray<Row> = [
  ["counts", usage({ prompt_tokens: 13, completion_tokens: 7 }), [13, 7, 0]],
  ["texts", usage({ prompt_tokens: "13", completion_tokens: "7" }), [13, 7, 0]],
  ["fractions", usage({ prompt_tokens: 13.2, completion_tokens: 6.8 }), [13, 7, 0]],
  ["other names", usage({ input_tokens: 13, output_tokens: 7 }), [13, 7, 0]],
  [
    "what came from a cache",
    usage({ prompt_tokens: 13, completion_tokens: 7, prompt_cache_hit_tokens: 3 }),
    [10, 7, 3]
  ],
  [
    "more from a cache than there was",
    usage({ prompt_tokens: 13, completion_tokens: 7, cached_tokens: 99 }),
    [0, 7, 13]
  ],
  [
    "what went to a cache, as OpenRouter tells it",
    usage({
      prompt_tokens: 17,
      completion_tokens: 7,
      prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 4 }
    }),
    [10, 7, 3, 4]
  ],
  [
    "what went to a cache, as LiteLLM tells it",
    usage({
      prompt_tokens: 17,
      completion_tokens: 7,
      prompt_tokens_details: { cached_tokens: 3, text_tokens: 10, cache_creation_tokens: 4 },
      cache_creation_input_tokens: 4,
      cache_read_input_tokens: 3
    }),
    [10, 7, 3, 4]
  ],
  [
    "more to a cache than there was",
    usage({ prompt_tokens: 13, completion_tokens: 7, cached_tokens: 3, cache_write_tokens: 99 }),
    [0, 7, 3, 10]
  ],
  ["thoughts in the total alone", usage({ prompt_tokens: 13, completion_tokens: 7, total_tokens: 50 }), [13, 37, 0]],
  ["counts in the choice", [hello, stop({ usage: { prompt_tokens: 13, completion_tokens: 7 } })], [13, 7, 0]],
  ["counts of Groq's", tail({ x_groq: { usage: { prompt_tokens: 13, completion_tokens: 7 } } }), [13, 7, 0]],
  ["counts of Ollama's", tail({ prompt_eval_count: 13, eval_count: 7 }), [13, 7, 0]],
  [
    "less behind more",
    [
      hello,
      stop({ usage: { prompt_tokens: 13, completion_tokens: 7 } }),
      ...usage({ prompt_tokens: 1, completion_tokens: 1 }).slice(2)
    ],
    [13, 7, 0]
  ],
  [
    "nonsense behind counts",
    [
      hello,
      stop({ usage: { prompt_tokens: 13, completion_tokens: 7 } }),
      ...usage({ prompt_tokens: -5, completion_tokens: 1e30 }).slice(2)
    ],
    [13, 7, 0]
  ]
]

const costs: ReadonlyArray<readonly [string, object, number | null]> = [
  ["OpenRouter's", { cost: 0.00014 }, 0.00014],
  ["one that is a text", { cost: "0.00014" }, 0.00014],
  ["one of nothing", { cost: 0 }, 0],
  ["a total", { total_cost: 0.00014 }, 0.00014],
  ["a total of parts", { cost: { total_cost: 0.00014 } }, 0.00014],
  ["an estimate", { estimated_cost: 0.00014 }, 0.00014],
  ["with a key of one's own", { cost: 0.25, is_byok: true, cost_details: { upstream_inference_cost: 0.5 } }, 0.75],
  ["the vendor's behind it", { cost: 0.25, cost_details: { upstream_inference_cost: 0.5 } }, 0.25],
  ["a negative one", { cost: -1 }, null],
  ["a huge one", { cost: 1e30 }, null],
  ["one that is none", { cost: "free" }, null]
]

/** What tells nothing that can be believed. */
const silent: ReadonlyArray<readonly [string, ReadonlyArray<unknown>]> = [
  ["nothing", [hello, stop(), "[DONE]"]],
  ["a word", usage("n/a")],
  ["zeros", usage({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 })],
  ["negative counts", usage({ prompt_tokens: -13, completion_tokens: -7 })],
  ["huge counts", usage({ prompt_tokens: 1e15, completion_tokens: 1e30 })],
  ["no numbers", usage({ prompt_tokens: "many", completion_tokens: null })]
]

describe("what an answer of openai takes", () => {
  for (const [name, events, [inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens = 0]] of told) {
    it.scopedLive(`is what the vendor tells: ${name}`, () =>
      Effect.gen(function* () {
        const { usage } = yield* took(...events)
        const costUsd = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens
        deepStrictEqual(usage, { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd })
      })
    )
  }

  for (const [name, more, cost] of costs) {
    it.scopedLive(`costs what the vendor says before what the table says: ${name}`, () =>
      Effect.gen(function* () {
        const { usage: found } = yield* took(...usage({ prompt_tokens: 13, completion_tokens: 7, ...more }))
        assertEquals(found.costUsd, cost ?? 20)
      })
    )
  }

  for (const [name, events] of silent) {
    it.scopedLive(`is estimated from its text where the vendor tells ${name}`, () =>
      Effect.gen(function* () {
        const { sent, usage } = yield* took(...events)
        deepStrictEqual(usage, {
          inputTokens: sent,
          outputTokens: 3,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
          costUsd: sent + 3
        })
      })
    )
  }

  it.scopedLive("counts nothing of a request that is refused within its answer", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeOpenAi()
      yield* api.reply(frames({ error: { message: "Overloaded", code: 529 } }))
      const { error, isCounted, usage } = yield* answered(provider)
      deepStrictEqual([error?._tag, isCounted, usage], ["Overloaded", true, null])
    })
  )
})
