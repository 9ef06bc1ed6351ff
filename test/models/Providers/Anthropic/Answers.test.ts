import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { answered, type Answered, becomes } from "../../../support/answered.ts"
import { makeAnthropic } from "../../../support/HttpHouse.ts"
import type { Reply } from "../../../support/StandIn/Protocol.ts"
import { body, bytes, frame, frames, reset } from "../../../support/StandIn/Raw.ts"

const begin = { type: "message_start", message: { model: "m", usage: { input_tokens: 9, output_tokens: 1 } } }
const open = (index: unknown, type: string, more: object = {}) => ({
  type: "content_block_start",
  index,
  content_block: { type, ...more }
})
const delta = (index: unknown, more: object) => ({ type: "content_block_delta", index, delta: more })
const close = (index: unknown) => ({ type: "content_block_stop", index })
const hello = [open(0, "text", { text: "" }), delta(0, { type: "text_delta", text: "Hello" }), close(0)]
const ended = (stop_reason: string | null, more: object = {}) => ({
  type: "message_delta",
  delta: { stop_reason, ...more },
  usage: { output_tokens: 7 }
})
const over = { type: "message_stop" }
const end = [ended("end_turn"), over]
const use = (index: unknown, id: string, input: string) => [
  open(index, "tool_use", { id, name: "memorize", input: {} }),
  delta(index, { type: "input_json_delta", partial_json: input })
]
const message = (content: unknown, stop_reason = "end_turn") => ({ type: "message", model: "m", content, stop_reason })

type Row = readonly [string, Reply, Partial<Answered>]

const said = { text: "Hello", finish: "stop" } as const
const kept = (entry: string) => ["memorize", { memory_entry: entry }] as const
const calls = (...entries: ReadonlyArray<string>) => ({
  text: "All right.",
  finish: "stop" as const,
  calls: entries.map(kept)
})

/** What an odd event must not spoil. */
const odd: ReadonlyArray<Row> = [
  ["an event without data", bytes("data:\n\n", ...[begin, ...hello, ...end].map(frame)), said],
  ["an event that is no JSON", frames(begin, "{", ...hello, "null", ...end), said],
  [
    "an unknown event and an unknown block",
    frames({ type: "news" }, open(5, "compaction"), ...hello, close(5), ...end),
    said
  ],
  [
    "no type in its data",
    bytes("event: content_block_delta\n", frame({ index: 0, delta: { text: "Hello" } }), ...end.map(frame)),
    said
  ],
  ["no beginning of its message", frames(...hello, ...end), said],
  ["no beginning of its block", frames(begin, delta(0, { type: "text_delta", text: "Hello" }), ...end), said],
  ["no end of its block", frames(begin, ...hello.slice(0, 2), ...end), said],
  ["no end of its message", frames(begin, ...hello, ended("end_turn")), said],
  ["a connection that breaks behind its reason to stop", reset(begin, ...hello, ended("end_turn")), said],
  ["no reason to stop", frames(begin, ...hello, over), said],
  ["an error behind its end", frames(begin, ...hello, ended("end_turn"), { type: "error", error: {} }), said],
  [
    "an index that is a text",
    frames(begin, open("0", "text"), delta(0, { text: "Hel" }), delta("0", { text: "lo" }), ...end),
    said
  ],
  ["no index", frames(begin, open(undefined, "text"), delta(undefined, { text: "Hello" }), ...end), said],
  [
    "two blocks at one index",
    frames(
      begin,
      open(0, "thinking"),
      delta(0, { thinking: "Hm." }),
      open(0, "text"),
      delta(0, { text: "Hello" }),
      ...end
    ),
    { ...said, thoughts: "Hm." }
  ],
  [
    "fields of other types",
    frames({ ...begin, message: "none" }, open(0, "text", { text: 7 }), delta(0, { text: null }), ended(null), over),
    { text: "7", finish: "stop" }
  ],
  [
    "the whole answer as a document",
    body(
      message([
        { type: "thinking", thinking: "Hm." },
        { type: "text", text: "Hello" }
      ])
    ),
    { ...said, thoughts: "Hm." }
  ],
  [
    "input as an object",
    frames(
      ...use(0, "a", "").slice(0, 1),
      delta(0, { partial_json: { memory_entry: "x" } }),
      close(0),
      ended("tool_use"),
      over
    ),
    calls("x")
  ],
  [
    "input in the beginning of its call",
    frames(
      open(0, "tool_use", { id: "a", name: "memorize", input: { memory_entry: "x" } }),
      close(0),
      ended("tool_use")
    ),
    calls("x")
  ],
  [
    "a second call at the index of the first, and its input at another",
    frames(
      ...use(0, "a", '{"memory_entry":"x"}'),
      ...use(0, "b", ""),
      delta(1, { partial_json: '{"memory_entry":"y"}' }),
      ended("tool_use")
    ),
    calls("x", "y")
  ],
  [
    "a call that begins twice",
    frames(...use(0, "a", '{"memory_'), ...use(0, "a", 'entry":"x"}'), ended("tool_use")),
    calls("x")
  ]
]

const refused = (reason: string) => ({ error: { _tag: "Refused", finish: "refusal", reason } })
const unreadable = (reason: string) => ({ error: { _tag: "Unreadable", reason } })

/** How an answer can end that is no answer. */
const ends: ReadonlyArray<Row> = [
  ["empty", frames(begin, ...end), unreadable("the answer is empty")],
  [
    "nothing but thoughts",
    frames(begin, open(0, "thinking"), delta(0, { thinking: "Hm." }), ...end),
    { thoughts: "Hm.", ...unreadable("the answer holds thoughts and no text") }
  ],
  ["nothing but what cannot be read", frames("{", over), unreadable("the answer cannot be read")],
  ["a call that was cut off", frames(...use(0, "a", '{"mem'), ...end), unreadable("the answer cannot be read")],
  [
    "cut off before a word",
    frames(begin, ended("max_tokens")),
    unreadable("the answer came to its limit of tokens before it said anything")
  ],
  ["a refusal", frames(begin, ended("refusal"), over), refused("refusal")],
  [
    "a refusal with a reason",
    frames(begin, ended("refusal", { stop_details: { explanation: "Not this." } })),
    refused("Not this.")
  ],
  [
    "an error",
    frames(begin, { type: "error", error: { type: "overloaded_error", message: "x" } }),
    { error: { _tag: "Overloaded" } }
  ],
  [
    "an error as a document",
    body({ type: "error", error: { type: "rate_limit_error", message: "x" } }),
    { error: { _tag: "RateLimited" } }
  ],
  ["a complaint of a gateway", body({ detail: "Odd" }), { error: { _tag: "ServerFailed", reason: "Odd" } }],
  ["text and the limit of tokens", frames(begin, ...hello, ended("max_tokens")), { text: "Hello", finish: "length" }],
  [
    "text and the end of the window",
    frames(begin, ...hello, ended("model_context_window_exceeded")),
    { text: "Hello", finish: "length" }
  ],
  ["text and a refusal", frames(begin, ...hello, ended("refusal")), { text: "Hello", finish: "refusal" }],
  [
    "text and an error",
    frames(begin, ...hello, { type: "error", error: { type: "odd", message: "Odd" } }),
    { text: "Hello", error: { _tag: "ServerFailed", reason: "Odd" } }
  ]
]

const Sent = Schema.parseJson(Schema.Struct({ messages: Schema.Array(Schema.Any) }))

describe("an answer of anthropic", () => {
  for (const [name, reply, expected] of odd) {
    it.scopedLive(`with ${name} is heard`, () => becomes(makeAnthropic(), reply, expected))
  }
  for (const [name, reply, expected] of ends) {
    it.scopedLive(`that is ${name} counts for what it is`, () => becomes(makeAnthropic(), reply, expected))
  }

  it.scopedLive("that is paused is gone on with, and told as it came", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic()
      const search = { type: "server_tool_use", id: "s", name: "web_search" }
      const result = { type: "web_search_tool_result", tool_use_id: "s", content: [] }
      yield* api.reply(
        frames(
          begin,
          ...hello,
          open(1, "server_tool_use", { ...search, input: {} }),
          delta(1, { partial_json: '{"query":"tea"}' }),
          close(1),
          open(2, result.type, result),
          ended("pause_turn"),
          over
        )
      )

      const { finish, text } = yield* answered(provider)

      deepStrictEqual({ finish, text }, { finish: "stop", text: "HelloAll right." })
      const { messages } = yield* Schema.decode(Sent)((yield* Effect.fromNullable(api.calls[1])).body)
      deepStrictEqual(messages.at(-1), {
        role: "assistant",
        content: [{ type: "text", text: "Hello" }, { ...search, input: { query: "tea" } }, result]
      })
    })
  )

  it.scopedLive("that is paused for ever is asked for eight times, and says that it was paused", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic()
      yield* api.reply(...Array.from({ length: 9 }, () => frames(begin, ...hello, ended("pause_turn"), over)))

      const { finish, text } = yield* answered(provider)

      deepStrictEqual(
        { finish, text, asked: api.calls.length },
        { finish: "paused", text: "Hello".repeat(8), asked: 8 }
      )
    })
  )
})
