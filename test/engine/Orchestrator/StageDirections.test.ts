import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Array } from "effect"
import * as StageDirections from "../../../src/engine/Orchestrator/StageDirections.ts"

const others = ["Bob", "Mr_T", "小明", "C++"]

const heard = (pieces: ReadonlyArray<string>) => {
  const text = StageDirections.make(["Alice"], others)
  const said = pieces.map(text.hear)
  const rest = text.end()
  return rest === null ? null : [...said, rest].join("")
}

const skips: ReadonlyArray<string> = [
  "skip",
  " Skip.\n",
  "SKIP",
  "skip()",
  "skip({})",
  "[skip]",
  "*skip*",
  "`skip()`",
  "<skip>",
  "<skip/>",
  "functions.skip()",
  '{"name":"skip"}',
  '{"name": "skip", "arguments": {}}',
  '[{"name": "skip", "parameters": {}}]',
  '{"type":"function","function":{"name":"skip","arguments":"{}"}}',
  '<tool_call>{"name": "skip"}</tool_call>',
  '<tool_call>\n{"name": "skip", "arguments": {}}\n</tool_call>',
  '<|tool_call|>{"name": "skip"}<|/tool_call|>',
  '```json\n{"name": "skip"}\n```',
  "<function=skip></function>",
  "Alice: skip",
  "**Alice:** [skip]"
]

/** What is written, and what of it is said. */
const speeches: ReadonlyArray<readonly [string, string]> = [
  ["Hello", "Hello"],
  ["Alice: Hello", "Hello"],
  ["**Alice:** Hello", "Hello"],
  ["**Alice**: Hello", "Hello"],
  ["[Alice]: Hello", "Hello"],
  ["\nalice :  Hello", "Hello"],
  ["Alice：Hello", "Hello"],
  ["#k3 Alice (you):\nHello", "Hello"],
  ["Alice thinks: Hello", "Alice thinks: Hello"],
  ["Alice", "Alice"],
  ["Alice:", ""],
  ["Alicen: Hello", "Alicen: Hello"],
  ["Hello\nAlice: again", "Hello\nAlice: again"],
  ["Hello\nBob: Hi", "Hello\n"],
  ["Hello\n\n**Bob:** Hi\nAlice: well", "Hello\n\n"],
  ["Hello\n[Bob]: Hi", "Hello\n"],
  ["Hello\n#k3 Bob (agent):\nHi", "Hello\n"],
  ["Hello\nMr T: Hi", "Hello\n"],
  ["你好\n小明：你好", "你好\n"],
  ["Hello\nC++: Hi", "Hello\n"],
  ["Alice: Hello\nBob: Hi", "Hello\n"],
  ["Bob: Hi", ""],
  ["As Bob: said so", "As Bob: said so"],
  ["Hello\nBobby: Hi", "Hello\nBobby: Hi"],
  ["Hello\nBob, hi: there", "Hello\nBob, hi: there"],
  ["Hello\n> Bob: Hi", "Hello\n> Bob: Hi"],
  ["Hello\nCarol: Hi", "Hello\nCarol: Hi"],
  ["Hello\nBob", "Hello\nBob"],
  ["skip the line", "skip the line"],
  ["Let us skip", "Let us skip"],
  ["[laughs] Hello", "[laughs] Hello"],
  ["<b>Hello</b>", "<b>Hello</b>"],
  ['{"name": "tea"}', '{"name": "tea"}'],
  ['{"name": "skip"} is how', '{"name": "skip"} is how'],
  ["안녕하세요 여러분", "안녕하세요 여러분"],
  ["🎉🎉🎉", "🎉🎉🎉"],
  ["", ""]
]

const pieces = (text: string, size: number) => Array.chunksOf([...text], size).map((letters) => letters.join(""))

describe("stage directions", () => {
  for (const text of skips) {
    it(`are a skip where there is nothing else: ${text}`, () => {
      for (const size of [1, 3, 7, 1000]) assertEquals(heard(pieces(text, size)), null)
    })
  }

  for (const [text, said] of speeches) {
    it(`are no speech, and all else is, however it is cut: ${text}`, () => {
      for (const size of [1, 2, 3, 5, 1000]) assertEquals(heard(pieces(text, size)), said)
    })
  }

  it("hold nothing back that can be none", () => {
    const text = StageDirections.make(["Alice"], others)
    const said = ["Hello", ", how", " are\n", "you", "? B", "ob:\nB", "ut I"].map(text.hear)
    deepStrictEqual(said, ["Hello", ", how", " are\n", "you", "? B", "ob:\n", "But I"])
    const korean = StageDirections.make(["Alice"], others)
    deepStrictEqual(["안", "녕하"].map(korean.hear), ["안", "녕하"])
  })

  it("end the speech where another's begins, and tell how much was left out", () => {
    const text = StageDirections.make(["Alice"], others)
    deepStrictEqual(["Hello\nB", "ob: Hi", " there"].map(text.hear), ["Hello\n", "", ""])
    assertTrue(text.isCut())
    assertEquals(text.cut(), "Bob: Hi there".length)
  })
})
