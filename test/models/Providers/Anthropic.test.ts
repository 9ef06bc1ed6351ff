import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Deferred, Effect, Schema, Stream } from "effect"
import { ProviderEvent, type TurnInput } from "../../../src/domain/Provider.ts"
import { TooManyToolCalls } from "../../../src/domain/ProviderError.ts"
import { input, play, spec } from "../../support/ClaudeHouse.ts"
import { makeBill } from "../../support/bill.ts"
import { makeAnthropic, other, own, turn } from "../../support/HttpHouse.ts"
import { bytesOf, pixel } from "../../support/images.ts"
import * as Api from "../../support/MessagesApi.ts"
import { turnOf } from "../../support/turns.ts"

const Sent = Schema.parseJson(
  Schema.Struct({
    max_tokens: Schema.Number,
    thinking: Schema.optional(Schema.Unknown),
    messages: Schema.Array(Schema.Struct({ role: Schema.String, content: Schema.Array(Schema.Any) }))
  })
)
const sent = ({ body }: Api.Call) => Schema.decode(Sent)(body)

const skipping = spec({ tools: [{ name: "skip", description: "Stays silent", parameters: {} }] })

describe("anthropic", () => {
  it.scopedLive("streams thinking and text as they come, and ends with the turn's usage and cost", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic({ maxThinkingTokens: 2000 })
      const gate = yield* Deferred.make<void>()
      yield* api.reply(Api.answer(Api.thinking("Hm, ", "well."), Api.text("Hel", Deferred.await(gate), "lo.")))
      const session = yield* provider.open(spec())
      const bill = makeBill()

      const events = yield* turnOf(session, input("Hi", undefined, bill.spend)).pipe(
        Stream.tap((event) => Effect.when(Deferred.succeed(gate, undefined), () => event._tag === "TextDelta")),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray)
      )

      deepStrictEqual(events, [
        ProviderEvent.ThinkingDelta({ text: "Hm, " }),
        ProviderEvent.ThinkingDelta({ text: "well." }),
        ProviderEvent.TextDelta({ text: "Hel" }),
        ProviderEvent.TextDelta({ text: "lo." }),
        ProviderEvent.Done({ sessionId: null, model: "claude-sonnet-4-5", finish: "stop", finishReason: "end_turn" })
      ])
      deepStrictEqual(bill.spending(), {
        usage: {
          inputTokens: 10,
          outputTokens: 7,
          cacheReadTokens: 3,
          cacheWriteTokens: 4,
          costUsd: (10 * 3 + 7 * 15 + 3 * 0.3 + 4 * 3.75) / 1e6
        },
        isWhole: true
      })
    })
  )

  it.scopedLive("tells the agent's own words as its own, and everything else as another's", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic()
      const session = yield* provider.open(spec())
      const parts = [
        own("Before all others."),
        other("The rules."),
        other("Bob: Hi"),
        own("Hello Bob"),
        own("How are", "alice was cut off."),
        own(""),
        other("Bob: Fine")
      ]
      const images = [{ media_type: "image/png", bytes: bytesOf(pixel), label: "Picture 1:" } as const]

      yield* Stream.runDrain(turnOf(session, turn(parts, { images })))

      const [call] = api.calls
      deepStrictEqual(call?.said, [
        { role: "user", texts: ["alice said: Before all others.", "The rules.", "Bob: Hi"] },
        { role: "assistant", texts: ["Hello Bob", "How are"] },
        { role: "user", texts: ["alice was cut off.", "Bob: Fine", "Picture 1:", "It is your turn, alice."] }
      ])
      deepStrictEqual(call?.heard.images, [{ label: "Picture 1:", media_type: "image/png", data: pixel }])
      assertEquals(call?.heard.system, "You are Alice, who mends clocks.")
    })
  )

  it.scopedLive("gives the results of tools back with the thoughts that led to them, and sums up what both took", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic({ maxThinkingTokens: 2000 })
      const use = Api.toolUse("memorize", '{"memory_entry":', '"Bob likes tea"}')
      const again = Api.withId("same", Api.toolUse("memorize", '{"memory_entry":"Twice"}'))
      yield* api.reply(
        Api.answer(Api.thinking("Tea!"), Api.text("Wait."), Api.withId("same", use), again),
        Api.answer(Api.text("Done."))
      )
      const session = yield* provider.open(spec())
      const asked: Array<unknown> = []
      const callTool: TurnInput["callTool"] = (name, args) => {
        asked.push([name, args])
        return Effect.succeed({ text: "kept", isError: false })
      }

      const bill = makeBill()
      const events = yield* play(session, "Bob likes tea", callTool, bill.spend)

      deepStrictEqual(asked, [
        ["memorize", { memory_entry: "Bob likes tea" }],
        ["memorize", { memory_entry: "Twice" }]
      ])
      deepStrictEqual(
        events.map(({ _tag }) => _tag),
        ["ThinkingDelta", "TextDelta", "ToolUse", "ToolUse", "TextDelta", "Done"]
      )
      assertEquals(bill.usage()?.inputTokens, 20)
      assertEquals(bill.usage()?.outputTokens, 14)
      const { messages } = yield* sent(yield* Effect.fromNullable(api.calls[1]))
      deepStrictEqual(messages.slice(1), [
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "Tea!", signature: "" },
            { type: "text", text: "Wait." },
            { type: "tool_use", id: "same", name: "memorize", input: { memory_entry: "Bob likes tea" } },
            { type: "tool_use", id: "same_1", name: "memorize", input: { memory_entry: "Twice" } }
          ]
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "same", content: "kept", is_error: false },
            { type: "tool_result", tool_use_id: "same_1", content: "kept", is_error: false }
          ]
        }
      ])
    })
  )

  it.scopedLive("a call of no tool of ours, or with another input, is answered with an error and not made", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic()
      yield* api.reply(
        Api.answer(
          Api.toolUse("fly", "{}"),
          Api.toolUse("memorize", '{"memory_entry": 7}'),
          Api.toolUse("memorize", '{"memory')
        )
      )
      const session = yield* provider.open(spec())

      const events = yield* play(session, "Hi", () => Effect.dieMessage("called"))

      const wrong = "The input of memorize must be an object with all of its texts."
      deepStrictEqual(api.calls[1]?.heard.results, ["There is no tool fly.", wrong, wrong])
      deepStrictEqual(
        events.map(({ _tag }) => _tag),
        ["TextDelta", "Done"]
      )
    })
  )

  it.scopedLive("a skip that is accepted ends the turn without another request; one that is refused does not", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic()
      yield* api.reply(Api.answer(Api.toolUse("skip")), Api.answer(Api.toolUse("skip", "{}")))
      const session = yield* provider.open(skipping)

      const silent = yield* play(session, "Hi", () => Effect.succeed({ text: "", isError: false, endsTurn: true }))
      const refused = yield* play(session, "Hi", () => Effect.succeed({ text: "no", isError: true }))

      deepStrictEqual(
        silent.map(({ _tag }) => _tag),
        ["ToolUse", "Done"]
      )
      deepStrictEqual(
        refused.map(({ _tag }) => _tag),
        ["ToolUse", "TextDelta", "Done"]
      )
      assertEquals(api.calls.length, 3)
    })
  )

  it.scopedLive("a model that does nothing but call tools is stopped after eight requests", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic()
      yield* api.reply(...Array.from({ length: 9 }, () => Api.answer(Api.toolUse("memorize", '{"memory_entry":"a"}'))))
      const session = yield* provider.open(spec())

      const error = yield* Effect.flip(play(session, "Hi"))

      assertEquals(error, new TooManyToolCalls({ of: "requests", most: 8 }))
      assertEquals(api.calls.length, 8)
    })
  )

  it.scopedLive("asks each model to think in the way that it takes", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic({ maxThinkingTokens: 100 })
      const models = ["claude-sonnet-4-5", "claude-opus-4-20250514", "claude-3-7-sonnet-latest", "another-model"]
      const later = ["claude-opus-4-8", "claude-sonnet-5", "claude-haiku-5-5"]

      yield* Effect.forEach([...models, ...later], (model) =>
        Effect.flatMap(provider.open(spec({ model })), (session) => play(session, "Hi"))
      )

      const bodies = yield* Effect.forEach(api.calls, sent)
      deepStrictEqual(
        bodies.map(({ thinking }) => thinking),
        [
          ...models.map(() => ({ type: "enabled", budget_tokens: 1024 })),
          ...later.map(() => ({ type: "adaptive", display: "summarized" }))
        ]
      )
      assertTrue(bodies.every(({ max_tokens }) => max_tokens === 8192 + 1024))
    })
  )
})
