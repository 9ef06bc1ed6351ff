import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Option, Schema, Stream } from "effect"
import { ProviderEvent, type TurnInput } from "../../../src/domain/Provider.ts"
import { Crashed } from "../../../src/domain/ProviderError.ts"
import { stringify } from "../../../src/lib/json.ts"
import * as Api from "../../support/ChatApi.ts"
import { costOf, play, spec } from "../../support/ClaudeHouse.ts"
import { makeBill } from "../../support/bill.ts"
import { makeOpenAi, other, own, turn } from "../../support/HttpHouse.ts"
import { bytesOf, pixel } from "../../support/images.ts"
import { turnOf } from "../../support/turns.ts"

const Sent = Schema.parseJson(
  Schema.Struct({
    max_tokens: Schema.optional(Schema.Number),
    tools: Schema.optional(Schema.Array(Schema.Unknown)),
    messages: Schema.Array(Schema.Any)
  })
)
const sent = ({ body }: Api.Call) => Schema.decode(Sent)(body)

/** Sends these events as they are. */
const raw =
  (...events: ReadonlyArray<unknown>): Api.Reply =>
  (response) =>
    Effect.sync(() => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.end(events.map((event) => `data: ${typeof event === "string" ? event : stringify(event)}\n\n`).join(""))
    })

const said = (delta: unknown, finish_reason: string | null = null) => ({ choices: [{ delta, finish_reason }] })

const tags = (events: ReadonlyArray<ProviderEvent>) => events.map(({ _tag }) => _tag)

describe("openai", () => {
  it.scopedLive("tells each side's words in messages of plain text", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeOpenAi()
      const session = yield* provider.open(spec())
      const parts = [other("The rules."), other("Bob: Hi"), own("Hello Bob", "alice was cut off.")]

      yield* Stream.runDrain(turnOf(session, turn(parts)))

      const { max_tokens, messages, tools } = yield* sent(yield* Effect.fromNullable(api.calls[0]))
      deepStrictEqual(messages, [
        { role: "system", content: "You are Alice, who mends clocks." },
        { role: "user", content: "The rules.\nBob: Hi" },
        { role: "assistant", content: "Hello Bob" },
        { role: "user", content: "alice was cut off.\nIt is your turn, alice." }
      ])
      assertEquals(max_tokens, 8192)
      deepStrictEqual(tools, [
        {
          type: "function",
          function: {
            name: "memorize",
            description: "Keeps a memory",
            parameters: {
              type: "object",
              properties: { memory_entry: { type: "string", description: "What to remember" } },
              required: ["memory_entry"]
            }
          }
        }
      ])
    })
  )

  it.scopedLive("shows images in the last message, each after its label", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeOpenAi()
      const session = yield* provider.open(spec())
      const images = [{ media_type: "image/png", bytes: bytesOf(pixel), label: "Picture 1:" } as const]

      yield* Stream.runDrain(turnOf(session, turn([other("Bob: Look")], { images })))

      const { messages } = yield* sent(yield* Effect.fromNullable(api.calls[0]))
      deepStrictEqual(messages[1]?.content, [
        { type: "text", text: "Bob: Look" },
        { type: "text", text: "Picture 1:" },
        { type: "image_url", image_url: { url: `data:image/png;base64,${pixel}` } },
        { type: "text", text: "It is your turn, alice." }
      ])
    })
  )

  it.scopedLive("streams reasoning under either of its names, and counts what came from a cache apart", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeOpenAi()
      const usage = { prompt_tokens: 13, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 3 } }
      yield* api.reply(
        raw(
          { model: "model-a-2026", ...said({ role: "assistant", content: null, reasoning_content: "Hm." }) },
          said({ reasoning: "Well." }),
          said({ reasoning: "Both.", reasoning_content: "Both." }),
          said({ content: "Hello" }, "stop"),
          { choices: [], usage },
          "[DONE]"
        )
      )
      const session = yield* provider.open(spec())

      const bill = makeBill()
      deepStrictEqual(yield* play(session, "Hi", undefined, bill.spend), [
        ProviderEvent.ThinkingDelta({ text: "Hm." }),
        ProviderEvent.ThinkingDelta({ text: "Well." }),
        ProviderEvent.ThinkingDelta({ text: "Both." }),
        ProviderEvent.TextDelta({ text: "Hello" }),
        ProviderEvent.Done({ sessionId: null, model: "model-a-2026", finish: "stop", finishReason: "stop" })
      ])
      deepStrictEqual(bill.spending(), {
        usage: { inputTokens: 10, outputTokens: 7, cacheReadTokens: 3, cacheWriteTokens: 0, costUsd: null },
        isWhole: true
      })
    })
  )

  it.scopedLive(
    "puts the pieces of calls that are made at once together, with ids where there are none or the same",
    () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeOpenAi()
        const piece = (index: number, more: object) => said({ tool_calls: [{ index, ...more }] })
        yield* api.reply(
          raw(
            said({ reasoning_content: "Two." }),
            piece(0, { id: "x", function: { name: "memorize", arguments: '{"memory' } }),
            piece(1, { id: "x", function: { name: "memorize", arguments: "" } }),
            piece(2, { function: { name: "fly" } }),
            piece(0, { function: { arguments: '_entry":"one"}' } }),
            piece(1, { function: { arguments: '{"memory_entry":"two"}' } }),
            said({}, "tool_calls"),
            "[DONE]"
          )
        )
        const session = yield* provider.open(spec())
        const entries: Array<unknown> = []
        const callTool: TurnInput["callTool"] = (_, args) => {
          entries.push(args["memory_entry"])
          return Effect.succeed({ text: "kept", isError: false })
        }

        const events = yield* play(session, "Hi", callTool)

        deepStrictEqual(entries, ["one", "two"])
        deepStrictEqual(tags(events), ["ThinkingDelta", "ToolUse", "ToolUse", "TextDelta", "Done"])
        const { messages } = yield* sent(yield* Effect.fromNullable(api.calls[1]))
        const call = (id: string, name: string, args: string) => ({
          id,
          type: "function",
          function: { name, arguments: args }
        })
        deepStrictEqual(messages.slice(2), [
          {
            role: "assistant",
            content: null,
            reasoning_content: "Two.",
            tool_calls: [
              call("x", "memorize", '{"memory_entry":"one"}'),
              call("x_1", "memorize", '{"memory_entry":"two"}'),
              call("call_2", "fly", "{}")
            ]
          },
          { role: "tool", tool_call_id: "x", content: "kept" },
          { role: "tool", tool_call_id: "x_1", content: "kept" },
          { role: "tool", tool_call_id: "call_2", content: "There is no tool fly." }
        ])
      })
  )

  it.scopedLive("takes an answer that ends without its mark for whole once it has said why it ends", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeOpenAi()
      yield* api.reply(raw(said({ content: "Hello" }), said({}, "stop")), raw(said({ content: "Hel" })))
      const session = yield* provider.open(spec())

      deepStrictEqual(tags(yield* play(session, "Hi")), ["TextDelta", "Done"])
      assertEquals(
        yield* Effect.flip(play(session, "Hi")),
        new Crashed({ reason: "the answer broke off before its end" })
      )
    })
  )

  it.scopedLive(
    "costs nothing without a key, what the settings say where they know the model, and else who knows",
    () =>
      Effect.gen(function* () {
        const prices = { model: { input: 2, output: 10, cacheRead: 1, cacheWrite: 2 } }
        const costWith = (config: Parameters<typeof makeOpenAi>[0]) =>
          Effect.gen(function* () {
            const { provider } = yield* makeOpenAi(config)
            const session = yield* provider.open(spec({ model: "model-a" }))
            return (yield* costOf(session, "Hi"))?.costUsd
          })

        assertEquals(yield* costWith({ apiKey: Option.none() }), 0)
        assertEquals(yield* costWith({}), null)
        assertEquals(yield* costWith({ prices }), (10 * 2 + 7 * 10 + 3 * 1) / 1e6)
      })
  )

  it.scopedLive("sends no key where there is none", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeOpenAi({ apiKey: Option.none() })
      yield* play(yield* provider.open(spec()), "Hi")

      assertTrue(!("authorization" in (api.calls[0]?.headers ?? {})))
    })
  )
})
