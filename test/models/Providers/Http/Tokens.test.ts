import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array } from "effect"
import * as Tokens from "../../../../src/models/Providers/Http/Tokens.ts"
import { becomes } from "../../../support/answered.ts"
import { makeAnthropic, makeOpenAi } from "../../../support/HttpHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"

/** What is written, and what of it is said. */
const rows: ReadonlyArray<readonly [string, string]> = [
  ["Hello<|im_end|>", "Hello"],
  ["<|im_start|>assistant\nHello<|im_end|>", "Hello"],
  ["Hello<|im_end|>\n<|im_start|>user\nAnd I said so.<|im_end|>", "Hello\n"],
  ["Hello<|im_end|>\n<|im_start|>assistant\nAgain", "Hello\nAgain"],
  ["Hello<|im_start|>user", "Hello"],
  ["<|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|>", "\n\nHello"],
  ["Hello<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi", "Hello"],
  ["<start_of_turn>model\nHello<end_of_turn>\n<start_of_turn>user\nHi", "Hello\n"],
  ["<|channel|>final<|message|>Hello<|return|>", "Hello"],
  ["<|start|>assistant<|channel|>final <|constrain|>json<|message|>Hello<|end|>", "Hello"],
  ["Hello<|end|><|start|>user<|message|>Hi", "Hello"],
  ["<|assistant|>Hello<|user|>Hi", "Hello"],
  ["Hello</s>", "Hello"],
  ["Hello</s>[INST] Hi [/INST] Hello", "Hello"],
  ["[/INST] Hello", " Hello"],
  ["Hello<|endoftext|>", "Hello"],
  ["Hello<｜end▁of▁sentence｜><｜User｜>Hi", "Hello"],
  ["<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>Hello<|END_OF_TURN_TOKEN|>", "Hello"],
  ["A <s>word</s> that is struck out", "A <s>word</s> that is struck out"],
  ["1 <| 2, [INSTALL], <|unknown|>, <im_end>", "1 <| 2, [INSTALL], <|unknown|>, <im_end>"],
  ["Hello <|im_", "Hello <|im_"],
  ["[", "["],
  ["", ""]
]

describe("tokens of a template", () => {
  for (const [answer, said] of rows) {
    it(`are not said, and all else is, however it is cut: ${answer}`, () => {
      for (const size of [1, 2, 3, 5, 1000]) {
        const text = Tokens.make()
        const pieces = Array.chunksOf([...answer], size).map((letters) => text.hear(letters.join("")))
        deepStrictEqual([...pieces, text.end()].join(""), said)
      }
    })
  }

  for (const [name, make] of [
    ["openai", makeOpenAi],
    ["anthropic", makeAnthropic]
  ] as const) {
    it.scopedLive(`are neither said nor thought by ${name}`, () => {
      const thoughts = ["<|channel|>ana", "lysis<|message|>Hm.<|e", "nd|>"]
      const said = ["<|start|>assistant<|channel|>fi", "nal<|message|>Hello<|ret", "urn|>"]
      return becomes(make(), Api.answer(Api.thinking("So<|im_", "end|>. "), Api.text(...thoughts, ...said)), {
        thoughts: "So. Hm.",
        text: "Hello",
        finish: "stop"
      })
    })
  }
})
