import { describe, it } from "@effect/vitest"
import { assertEquals, assertInstanceOf, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import type { ModelTraits } from "../../../../src/domain/ModelTraits.ts"
import { ContextExceeded, ImagesRefused, InvalidRequest } from "../../../../src/domain/ProviderError.ts"
import { bytesOf, pixel } from "../../../support/images.ts"
import { input, play, spec } from "../../../support/ClaudeHouse.ts"
import { makeAnthropic, makeOpenAi, openAiAt } from "../../../support/HttpHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"
import * as ChatApi from "../../../support/ChatApi.ts"
import { turnOf } from "../../../support/turns.ts"

const tools = [{ name: "memorize", description: "Keeps a memory", parameters: { memory_entry: "What to remember" } }]

const error = (message: string, more: object = {}) => ({ error: { message, ...more } })

interface Row {
  readonly status: number
  readonly body: unknown
  /** What the request held that was refused, and what the next one holds no more. */
  readonly without: string
  readonly learnt: Partial<ModelTraits>
}

const openai: ReadonlyArray<Row> = [
  {
    status: 400,
    body: error("registry.ollama.ai/library/gemma:2b does not support tools"),
    without: '"tools"',
    learnt: { without: ["tools"] }
  },
  {
    status: 404,
    body: error("No endpoints found that support tool use."),
    without: '"tools"',
    learnt: { without: ["tools"] }
  },
  {
    status: 400,
    body: error('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
    without: '"tools"',
    learnt: { without: ["tools"] }
  },
  {
    status: 422,
    body: { detail: [{ loc: ["body", "stream_options"], msg: "Extra inputs are not permitted" }] },
    without: '"stream_options"',
    learnt: { without: ["stream_options"] }
  },
  {
    status: 400,
    body: error(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    ),
    without: '"max_tokens"',
    learnt: { without: ["max_tokens"] }
  },
  {
    status: 400,
    body: error("System role not supported"),
    without: '"role":"system"',
    learnt: { without: ["system"] }
  },
  {
    status: 400,
    body: error("max_tokens is too large: 8192. This model supports at most 4096 completion tokens."),
    without: '"max_tokens":8192',
    learnt: { max_output_tokens: 4096 }
  },
  {
    status: 400,
    body: error(
      "'max_tokens' is too large: 8192. This model's maximum context length is 4096 tokens and your request has 35 input tokens."
    ),
    without: '"max_tokens":8192',
    learnt: { max_output_tokens: 1024, context_tokens: 4096 }
  },
  { status: 500, body: error("tools are not supported"), without: '"tools"', learnt: { without: ["tools"] } }
]

const anthropic: ReadonlyArray<Row> = [
  {
    status: 400,
    body: error("max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for claude-3-haiku"),
    without: '"max_tokens":8192',
    learnt: { max_output_tokens: 4096 }
  },
  {
    status: 400,
    body: error("system.0.cache_control: Extra inputs are not permitted"),
    without: '"cache_control"',
    learnt: { without: ["cache_control"] }
  },
  {
    status: 400,
    body: error("tools: Extra inputs are not permitted"),
    without: '"tools"',
    learnt: { without: ["tools"] }
  }
]

for (const [name, make, rows] of [
  ["openai", makeOpenAi, openai],
  ["anthropic", makeAnthropic, anthropic]
] as const) {
  describe(`a model of ${name} that takes less`, () => {
    for (const { body, learnt, status, without } of rows) {
      it.scopedLive(`is asked once more without ${without}, and never with it again`, () =>
        Effect.gen(function* () {
          const { api, provider } = yield* make()
          yield* api.reply(Api.refuseSaying(status, body))
          const session = yield* provider.open(spec({ tools }))
          yield* play(session, "Hi")
          yield* play(session, "And again")
          deepStrictEqual(
            api.calls.map(({ body }) => body.includes(without)),
            [true, false, false]
          )
          const { model } = spec()
          const known = provider.traits.of(model)
          deepStrictEqual({ ...known, ...learnt }, known)
          provider.traits.forget()
          deepStrictEqual(provider.traits.all(), [])
        })
      )
    }

    it.scopedLive("is not asked again where a refusal teaches nothing", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* make()
        yield* api.reply(Api.refuseSaying(400, error("messages: roles must alternate")))
        const session = yield* provider.open(spec({ tools }))
        assertInstanceOf(yield* Effect.flip(play(session, "Hi")), InvalidRequest)
        assertEquals(api.calls.length, 1)
      })
    )

    it.scopedLive("is asked ten times more at most", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* make()
        const refusals = Array.from({ length: 30 }, (_, at) =>
          Api.refuseSaying(400, error(`max_tokens: at most ${4000 - at}`))
        )
        yield* api.reply(...refusals)
        const session = yield* provider.open(spec())
        assertInstanceOf(yield* Effect.flip(play(session, "Hi")), InvalidRequest)
        assertEquals(api.calls.length, 11)
      })
    )

    for (const [where, status] of [
      ["by its status", 500],
      ["within its answer", 200]
    ] as const) {
      it.scopedLive(`that takes no images says so ${where}`, () =>
        Effect.gen(function* () {
          const { api, provider } = yield* make()
          yield* api.reply(Api.refuseSaying(status, error("image input is not supported by this model")))
          const session = yield* provider.open(spec())
          const images = [{ media_type: "image/png" as const, bytes: bytesOf(pixel), label: "A picture:" }]
          const turn = turnOf(session, { ...input("Look"), images })
          assertInstanceOf(yield* Effect.flip(Stream.runDrain(turn)), ImagesRefused)
        })
      )
    }

    it.scopedLive("is not asked without tools because a conversation is too long", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* make()
        yield* api.reply(
          Api.refuseSaying(400, error("prompt is too long: 9 tokens > 8 maximum; tools cannot be counted"))
        )
        const session = yield* provider.open(spec({ tools }))
        assertInstanceOf(yield* Effect.flip(play(session, "Hi")), ContextExceeded)
        assertEquals(api.calls.length, 1)
      })
    )
  })
}

describe("a base address", () => {
  for (const base of [
    "/v1",
    "/v1/",
    "/v1/chat/completions",
    "/v1/models/",
    "/v1?key=a",
    "/v1/chat/completions?key=a#here"
  ]) {
    it.scopedLive(`that ends with ${base} is where requests go, with its query`, () =>
      Effect.gen(function* () {
        const api = yield* ChatApi.make()
        const provider = yield* openAiAt(`${api.url}${base}`)
        yield* play(yield* provider.open(spec()), "Hi")
        yield* provider.models
        const query = base.includes("?") ? "?key=a" : ""
        assertEquals(api.calls[0]?.path, `/v1/chat/completions${query}`)
        assertEquals(api.listings[0]?.path, `/v1/models${query}`)
      })
    )
  }
})
