import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array, Effect, Option, Schema } from "effect"
import * as Written from "../../../../src/models/Providers/Http/Written.ts"
import { becomes, tools } from "../../../support/answered.ts"
import { makeAnthropic, makeOpenAi } from "../../../support/HttpHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"

const kept = ["memorize", { memory_entry: "x" }] as const
const skipped = ["skip", {}] as const
type Call = readonly [string, unknown]

/** What is written, what of it is said, and what is called. */
const rows: ReadonlyArray<readonly [string, string, ReadonlyArray<Call>]> = [
  ['<tool_call>{"name": "memorize", "arguments": {"memory_entry": "x"}}</tool_call>', "", [kept]],
  ['<tool_call>\n{"name": "memorize", "arguments": {"memory_entry": "x"}}\n</tool_call>', "", [kept]],
  ['Hello.\n<tool_call>{"name":"memorize","arguments":"{\\"memory_entry\\":\\"x\\"}"}</tool_call>', "Hello.\n", [kept]],
  ['<tool_call>{"name":"memorize","arguments":{"memory_entry":"x"}}', "", [kept]],
  ['A<tool_call>{"name":"skip"}</tool_call>B<tool_call>{"name":"skip"}</tool_call>C', "ABC", [skipped, skipped]],
  [
    "<tool_call>\n<function=memorize>\n<parameter=memory_entry>\nx\n</parameter>\n</function>\n</tool_call>",
    "",
    [kept]
  ],
  ["<tool_call>memorize\n<arg_key>memory_entry</arg_key>\n<arg_value>x</arg_value>\n</tool_call>", "", [kept]],
  ['<function=memorize>{"memory_entry": "x"}</function>Hello', "Hello", [kept]],
  ["<function=skip></function>", "", [skipped]],
  ['A<tool_call><tool_call>{"name":"skip"}</tool_call></tool_call>B', "AB", [skipped]],
  [
    '<tool_call>\n<tool_call>{"name":"skip"}</tool_call>\n<tool_call>{"name":"skip"}</tool_call>\n</tool_call>',
    "\n\n",
    [skipped, skipped]
  ],
  ['<tool_call><function_call>{"name":"skip"}</function_call></tool_call>B', "B", [skipped]],
  ["The mark </tool_call> ends a call.", "The mark </tool_call> ends a call.", []],
  ['[TOOL_CALLS][{"name":"memorize","arguments":{"memory_entry":"x"}},{"name":"skip"}]', "", [kept, skipped]],
  ['[TOOL_CALLS]memorize[ARGS]{"memory_entry":"x"}[TOOL_CALLS]skip[ARGS]{}', "", [kept, skipped]],
  ['<|python_tag|>{"type":"function","name":"memorize","parameters":{"memory_entry":"x"}}<|eom_id|>', "", [kept]],
  [
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.memorize:0<|tool_call_argument_begin|>{"memory_entry":"x"}<|tool_call_end|><|tool_calls_section_end|>',
    "",
    [kept]
  ],
  [
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>memorize\n```json\n{"memory_entry":"x"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    "",
    [kept]
  ],
  ['<|channel|>commentary to=functions.memorize <|constrain|>json<|message|>{"memory_entry":"x"}<|call|>', "", [kept]],
  [
    '<|start|>assistant to=functions.memorize<|channel|>commentary json<|message|>{"memory_entry":"x"}<|call|>',
    "",
    [kept]
  ],
  ['```tool_code\nprint(default_api.memorize(memory_entry="x"))\n```', "", [kept]],
  ['{"name": "memorize", "arguments": {"memory_entry": "x"}}', "", [kept]],
  ['Hello.\n\n```json\n{"name": "memorize", "parameters": {"memory_entry": "x"}}\n```\nBye', "Hello.\n\nBye", [kept]],
  ['[\n  {"tool": "memorize", "input": {"memory_entry": "x"}}\n]', "", [kept]],
  ['{"type":"function","function":{"name":"memorize","arguments":"{\\"memory_entry\\":\\"x\\"}"}}', "", [kept]],
  // A tool that there is not, and what cannot be read: not said either.
  ['<tool_call>{"name": "search", "arguments": {"query": "x"}}</tool_call>', "", [["search", { query: "x" }]]],
  ["Hello <tool_call>{nonsense}</tool_call>", "Hello ", []],
  ['Hello <tool_call>{"na', "Hello ", []],
  // Words.
  ['{"name": "search", "arguments": {}}', '{"name": "search", "arguments": {}}', []],
  ['{"name": "memorize"}', '{"name": "memorize"}', []],
  [
    '{"name": "memorize", "arguments": {"memory_entry": 7}}',
    '{"name": "memorize", "arguments": {"memory_entry": 7}}',
    []
  ],
  [
    '{"name": "memorize", "arguments": {"memory_entry": "x"}, "age": 7}',
    '{"name": "memorize", "arguments": {"memory_entry": "x"}, "age": 7}',
    []
  ],
  [
    'It is {"name": "memorize", "arguments": {"memory_entry": "x"}}',
    'It is {"name": "memorize", "arguments": {"memory_entry": "x"}}',
    []
  ],
  [
    '{"name": "memorize", "arguments": {"memory_entry": "x"}} is how',
    '{"name": "memorize", "arguments": {"memory_entry": "x"}} is how',
    []
  ],
  ['```json\n{"name": "Ada"}\n```\nis me', '```json\n{"name": "Ada"}\n```\nis me', []],
  ['```js\nconst a = [\n  {"name": "b"}\n]\n```', '```js\nconst a = [\n  {"name": "b"}\n]\n```', []],
  ['{"name": "Ada\\"}', '{"name": "Ada\\"}', []],
  ["[laughs] {hm} `code` <b>Hello</b>", "[laughs] {hm} `code` <b>Hello</b>", []],
  ["Hello\n[", "Hello\n[", []],
  ["", "", []]
]

const decode = Schema.decodeOption(Schema.parseJson())
const heard = (pieces: ReadonlyArray<string>) => {
  const text = Written.make(tools)
  const said = [...pieces.map(text.hear), text.end()].join("")
  return { said, calls: text.calls().map(({ input, name }): Call => [name, Option.getOrNull(decode(input))]) }
}

describe("a call that a model writes as text", () => {
  for (const [answer, said, calls] of rows) {
    it(`is made and not said, and all else is said, however it is cut: ${answer}`, () => {
      for (const size of [1, 2, 3, 7, 1000]) {
        const pieces = Array.chunksOf([...answer], size).map((letters) => letters.join(""))
        deepStrictEqual(heard(pieces), { said, calls })
      }
    })
  }

  it("delays no more of the text than may begin one", () => {
    const text = Written.make(tools)
    deepStrictEqual(["Hel", "lo [", "x] <", "b> {", "\n", '{"', 'title"', ": 7}", "\n``", "`js\n"].map(text.hear), [
      "Hel",
      "lo ",
      "[x] ",
      "<b> {",
      "\n",
      "",
      '{"title"',
      ": 7}",
      "\n",
      "```js\n"
    ])
  })

  it("is not held without end", () => {
    const text = Written.make(tools)
    const said = [text.hear("Hello <tool_call>"), text.hear("a".repeat(40_000)), text.hear("</tool_call>more")]
    deepStrictEqual([...said, text.end(), text.calls().length, text.isCut()], ["Hello ", "", "", "", 0, true])
    const object = Written.make(tools)
    deepStrictEqual(object.hear(`{"name": "${"a".repeat(9000)}`).length, 9010)
  })

  for (const [name, make] of [
    ["openai", makeOpenAi],
    ["anthropic", makeAnthropic]
  ] as const) {
    it.scopedLive(`is made by ${name}, and the model is told its result in words`, () =>
      Effect.gen(function* () {
        const house = yield* make()
        const { api } = house
        const written = '<tool_call>{"name":"memorize","arguments":{"memory_entry":"x"}}</tool_call>'
        const said = Api.answer(Api.text("Wait. ", written.slice(0, 9), written.slice(9)))
        yield* becomes(Effect.succeed(house), said, { text: "Wait. All right.", finish: "stop", calls: [kept] })
        const { told } = (yield* Effect.fromNullable(api.calls[1])).heard
        deepStrictEqual(told.endsWith(`Wait. ${written}\nmemorize: kept`), true)
      })
    )

    it.scopedLive(`is an unreadable answer of ${name}'s where there is nothing else, and nothing to be called`, () =>
      becomes(make(), Api.answer(Api.text("<tool_call>{", "</tool_call>")), {
        error: { _tag: "Unreadable", reason: "the answer cannot be read" }
      })
    )
  }
})
