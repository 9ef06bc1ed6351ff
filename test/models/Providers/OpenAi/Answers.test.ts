import { describe, it } from "@effect/vitest"
import { type Answered, becomes } from "../../../support/answered.ts"
import { makeOpenAi } from "../../../support/HttpHouse.ts"
import type { Reply } from "../../../support/StandIn/Protocol.ts"
import { body, bytes, frame, frames, reset } from "../../../support/StandIn/Raw.ts"

const chunk = (delta: unknown, finish_reason: unknown = null, more: object = {}) => ({
  choices: [{ index: 0, delta, finish_reason, ...more }]
})
const hello = chunk({ content: "Hello" })
const stop = chunk({}, "stop")
const done = "[DONE]"
const whole = (...before: ReadonlyArray<unknown>) => frames(...before, hello, stop, done)
const message = (content: unknown, more: object = {}) => ({
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content, ...more }, finish_reason: "stop" }],
  usage: { prompt_tokens: 9, completion_tokens: 2 }
})

const call = (index: unknown, id: unknown, name: string | undefined, args: unknown) =>
  chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: args } }] })
const kept = (entry: string) => ["memorize", { memory_entry: entry }] as const
const calling = (...calls: ReadonlyArray<unknown>) => frames(...calls, chunk({}, "tool_calls"), done)

type Row = readonly [string, Reply, Partial<Answered>]

const said = { text: "Hello", finish: "stop" } as const

/** What an odd frame must not spoil. */
const odd: ReadonlyArray<Row> = [
  ["an event without data", bytes("data:\n\n", frame(hello), "data: \n\n", frame(stop), frame(done)), said],
  [
    "a comment, a retry and an unknown event",
    bytes(": hi\n\nretry: 5\n\nevent: ping\ndata: {}\n\n", frame(hello), frame(stop)),
    said
  ],
  ["a byte order mark", bytes("\uFEFF", frame(hello), frame(stop)), said],
  ["no space behind `data:`", bytes(...[hello, stop, done].map((it) => frame(it).replace(": ", ":"))), said],
  ["no blank line behind the last event", bytes(frame(hello), frame(stop).trimEnd()), said],
  ["bytes that are no UTF-8", bytes(frame(hello), ": ", Buffer.from([0xff]), "\n\n", frame(stop)), said],
  ["an event that is no JSON", whole("<html>", '{"choi'), said],
  ["JSON that is no object", whole("null", "[1]", '"x"', "7"), said],
  ["no choices", whole({ choices: null }, { choices: {} }, { choices: [null] }, {}), said],
  ["no delta", whole({ choices: [{ index: 0, finish_reason: null }] }, chunk(null)), said],
  [
    "fields of other types",
    whole(chunk({ content: {}, tool_calls: "none", reasoning: [] }, 0), { model: 7, choices: [] }),
    said
  ],
  ["an empty end in every piece", frames(chunk({ content: "Hel" }, ""), chunk({ content: "lo" }, "null"), stop), said],
  ["an empty error", whole({ error: {} }, { error: null }, { error: "" }), said],
  [
    "signs that all is well",
    whole({ success: true, base_resp: { status_code: 0, status_msg: "success" }, message: "", errors: [] }),
    said
  ],
  ["an error behind the end", frames(hello, stop, { error: { message: "no usage" } }), said],
  ["a connection that breaks behind the end", reset(hello, stop), said],
  ["usage that is none", frames(hello, stop, { choices: [], usage: "n/a" }, done), said],
  [
    "content in parts",
    whole(chunk({ content: [] }), chunk({ content: [{ type: "reference", reference_ids: [1] }] })),
    said
  ],
  [
    "content and thoughts in parts",
    frames(
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }),
      chunk({
        content: [
          { type: "text", text: "Hel" },
          { type: "reference", reference_ids: [1] }
        ]
      }),
      chunk({ content: "lo" }),
      stop
    ),
    { ...said, thoughts: "Hm." }
  ],
  ["the whole answer in one event", frames(message("Hello"), done), said],
  ["the whole answer again behind its pieces", frames(hello, message("Hello"), done), said],
  ["the whole answer as a document", body(message("Hello")), said],
  ["a document by the name of a stream", body(message("Hello"), "text/event-stream"), said],
  [
    "a document with a call",
    body(
      message(null, { tool_calls: [{ id: "a", function: { name: "memorize", arguments: { memory_entry: "x" } } }] })
    ),
    { text: "All right.", finish: "stop", calls: [kept("x")] }
  ]
]

const readCalls: ReadonlyArray<readonly [string, ReadonlyArray<unknown>, ReadonlyArray<string>]> = [
  ["arguments as an object", [call(0, "a", "memorize", { memory_entry: "x" })], ["x"]],
  [
    "ids and indexes of other types",
    [call("0", 7, "memorize", ""), call("0", undefined, undefined, '{"memory_entry":"x"}')],
    ["x"]
  ],
  [
    "a second head at the index of the first, and its arguments at another",
    [
      call(0, "a", "memorize", ""),
      call(0, undefined, undefined, '{"memory_entry":"x"}'),
      call(0, "b", "memorize", ""),
      call(1, undefined, undefined, '{"memory_entry":'),
      call(1, undefined, undefined, '"y"}')
    ],
    ["x", "y"]
  ],
  [
    "a known id at another index",
    [
      call(0, "a", "memorize", ""),
      call(1, "b", "memorize", ""),
      call(0, "b", undefined, '{"memory_entry":"y"}'),
      call(1, "a", undefined, '{"memory_entry":"x"}')
    ],
    ["x", "y"]
  ],
  [
    "calls without ids at one index",
    [call(0, undefined, "memorize", '{"memory_entry":"x"}'), call(0, undefined, "memorize", '{"memory_entry":"y"}')],
    ["x", "y"]
  ],
  [
    "neither ids nor indexes",
    [
      call(undefined, undefined, "memorize", '{"memory_'),
      call(undefined, undefined, undefined, 'entry":"x"}'),
      call(undefined, undefined, "memorize", '{"memory_entry":"y"}')
    ],
    ["x", "y"]
  ],
  [
    "an id and a name in every piece",
    [call(0, "a", "memorize", '{"memory_'), call(0, "a", "memorize", 'entry":"x"}'), call(0, "a", "memorize", "")],
    ["x"]
  ],
  [
    "another id in every piece",
    [call(0, "a", "memorize", ""), call(0, "b", undefined, '{"memory_'), call(0, "c", undefined, 'entry":"x"}')],
    ["x"]
  ],
  [
    "a name that comes late",
    [call(0, "a", undefined, ""), call(0, undefined, "memorize", '{"memory_entry":"x"}')],
    ["x"]
  ],
  ["a call without a name", [call(0, "a", "memorize", '{"memory_entry":"x"}'), call(1, "b", undefined, "")], ["x"]]
]

const refused = (finish: string, reason: string) => ({ error: { _tag: "Refused", finish, reason } })
const unreadable = (reason: string) => ({ error: { _tag: "Unreadable", reason } })

/** How an answer can end that is no answer. */
const ends: ReadonlyArray<Row> = [
  ["empty", frames(stop, done), unreadable("the answer is empty")],
  ["blank", frames(chunk({ content: " \n" }), stop), { text: " \n", ...unreadable("the answer is empty") }],
  [
    "nothing but thoughts",
    frames(chunk({ reasoning: "Hm." }), stop),
    { thoughts: "Hm.", ...unreadable("the answer holds thoughts and no text") }
  ],
  ["nothing but what cannot be read", frames("{", done), unreadable("the answer cannot be read")],
  [
    "cut off before a word",
    frames(chunk({}, "length")),
    unreadable("the answer came to its limit of tokens before it said anything")
  ],
  ["a call that was cut off", frames(call(0, "a", "memorize", '{"mem'), stop), unreadable("the answer cannot be read")],
  ["a filter", frames(chunk({ content: "" }, "content_filter"), done), refused("filter", "content_filter")],
  ["a refusal by its word", frames(chunk({}, "refusal")), refused("refusal", "refusal")],
  [
    "a refusal in words",
    frames(chunk({ refusal: "I can" }), chunk({ refusal: "not." }), stop),
    refused("refusal", "I cannot.")
  ],
  ["a refusal as a document", body(message(null, { refusal: "I cannot." })), refused("refusal", "I cannot.")],
  [
    "an error by its word",
    frames(chunk({}, "error")),
    { error: { _tag: "ServerFailed", reason: "the endpoint ended its answer with an error" } }
  ],
  [
    "an error in a choice",
    frames({ choices: [{ delta: {}, error: { code: 502, message: "Upstream" } }] }),
    { error: { _tag: "Overloaded" } }
  ],
  [
    "an error in its own event",
    bytes('event: error\ndata: {"message":"Odd"}\n\n'),
    { error: { _tag: "ServerFailed", reason: "Odd" } }
  ],
  [
    "an error as a document",
    body({ error: { message: "Odd", type: "rate_limit" } }),
    { error: { _tag: "RateLimited" } }
  ],
  ["a page", body("<html>", "text/html"), { error: { _tag: "Crashed" } }],
  ["text and the limit of tokens", frames(hello, chunk({}, "length")), { text: "Hello", finish: "length" }],
  [
    "text and a call written as text, at the limit of tokens",
    frames(chunk({ content: 'Hello <tool_call>{"name":"skip"}</tool_call>' }), chunk({}, "length")),
    { text: "Hello ", finish: "length" }
  ],
  ["text and a filter", frames(hello, chunk({}, "content_filter")), { text: "Hello", finish: "filter" }],
  ["text and a refusal", frames(hello, chunk({ refusal: "No more." }), stop), { text: "Hello", finish: "refusal" }],
  ["text and an error by its word", frames(hello, chunk({}, "error")), { text: "Hello", finish: "error" }],
  [
    "text and a server that ran out",
    frames(hello, chunk({}, "insufficient_system_resource")),
    { text: "Hello", finish: "error" }
  ],
  [
    "text and an error",
    frames(hello, chunk({}, "error", { error: { message: "Odd" } })),
    { text: "Hello", error: { _tag: "ServerFailed", reason: "Odd" } }
  ],
  ["text and a call that was cut off", frames(hello, call(0, "a", "memorize", '{"mem'), stop), said],
  ["a skip", calling(call(0, "a", "skip", "")), { calls: [["skip", {}]], finish: "stop" }]
]

describe("an answer of openai", () => {
  for (const [name, reply, expected] of odd) {
    it.scopedLive(`with ${name} is heard`, () => becomes(makeOpenAi(), reply, expected))
  }
  for (const [name, pieces, entries] of readCalls) {
    it.scopedLive(`with ${name} makes its calls`, () =>
      becomes(makeOpenAi(), calling(...pieces), { text: "All right.", finish: "stop", calls: entries.map(kept) })
    )
  }
  for (const [name, reply, expected] of ends) {
    it.scopedLive(`that is ${name} counts for what it is`, () => becomes(makeOpenAi(), reply, expected))
  }
})
