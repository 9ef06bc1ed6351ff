import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertFalse, assertTrue } from "@effect/vitest/utils"
import { Effect } from "effect"
import { type Answered, becomes } from "../../../support/answered.ts"
import { makeHouse, spec, whyNot } from "../../../support/ClaudeHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"

const stopped = { finish: "stop" }
const kept = ["memorize", { memory_entry: "x" }] as const

const rows: ReadonlyArray<readonly [string, ReadonlyArray<string>, Partial<Answered>]> = [
  ["thoughts between marks", ["<thi", "nk>Hm.</th", "ink>Hel", "lo"], { ...stopped, thoughts: "Hm.", text: "Hello" }],
  ["thoughts alone", ["<think>Hm."], { thoughts: "Hm.", error: { _tag: "Unreadable" } }],
  ["tokens of a template", ["Hello", "<|im_", "end|>"], { ...stopped, text: "Hello" }],
  [
    "a call that is written",
    ["Hello. <tool", '_call>{"name":"memorize","arguments":{"memory_entry":"x"}}</tool_call>'],
    { ...stopped, text: "Hello. ", calls: [kept] }
  ],
  ["a call that cannot be read", ["<tool_call>{nonsense}</tool_call>"], { error: { _tag: "Unreadable" } }],
  ["a skip that is written", ['<tool_call>{"name":"skip"}</tool_call>'], { ...stopped, calls: [["skip", {}]] }],
  ["words that hold a beginning of a mark", ["1 <", " 2 <thi"], { ...stopped, text: "1 < 2 <thi" }]
]

describe.skipIf(whyNot() !== "")(`What a Claude model writes as text, with the real client ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    for (const [name, pieces, expected] of rows) {
      it.scoped(`is told from speech: ${name}`, () => becomes(makeHouse(), Api.answer(Api.text(...pieces)), expected))
    }

    it.scoped("begins with thoughts in later answers too, once a mark has ended some that none began", () =>
      Effect.gen(function* () {
        const house = yield* makeHouse()
        const begins = () => house.provider.traits.of(spec().model).begins_in_thoughts
        const said = { ...stopped, thoughts: "Hm.\n", text: "Hello" }
        assertFalse(begins())
        yield* becomes(Effect.succeed(house), Api.answer(Api.text("Hm.\n</think>\n\nHello")), said)
        assertTrue(begins())
        yield* becomes(Effect.succeed(house), Api.answer(Api.text("Hm.\n</think>Hello")), said)
      })
    )

    it.scoped("is told from speech before a tool and behind it", () =>
      Effect.gen(function* () {
        const house = yield* makeHouse()
        const call = Api.toolUse("memorize", '{"memory_entry":"x"}')
        yield* house.api.reply(Api.answer(Api.text("<think>Hm.</think>One. "), call))
        const after = Api.answer(Api.text("<think>Well.</think>Two."))
        const whole = { ...stopped, thoughts: "Hm.Well.", text: "One. Two.", calls: [kept] }

        yield* becomes(Effect.succeed(house), after, whole)
      })
    )

    it.scoped("is told as far as it was said where the answer breaks off", () =>
      becomes(makeHouse(), Api.answer(Api.text("Hello <thi", Effect.sleep("50 millis"), Api.cut)), {
        text: "Hello <thi",
        error: { _tag: "Crashed" }
      })
    )
  })
})
