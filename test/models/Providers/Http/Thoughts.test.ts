import { describe, it } from "@effect/vitest"
import { assertFalse, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Array, Effect } from "effect"
import * as Thoughts from "../../../../src/models/Providers/Http/Thoughts.ts"
import { type Answered, becomes, heardIn } from "../../../support/answered.ts"
import { spec } from "../../../support/ClaudeHouse.ts"
import { makeAnthropic, makeOpenAi } from "../../../support/HttpHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"

/** What is an answer, and what it holds of thoughts and of text. */
const answers: ReadonlyArray<readonly [string, string, string]> = [
  ["Hello", "", "Hello"],
  ["<think>Hm.</think>Hello", "Hm.", "Hello"],
  ["\n <think>\nHm.\n</think>\n\nHello", "\nHm.\n", "Hello"],
  ["<thinking>Hm.</thinking> Hello", "Hm.", "Hello"],
  ["<THINK>Hm.</Think>Hello", "Hm.", "Hello"],
  ["[THINK]Hm.[/THINK]Hello", "Hm.", "Hello"],
  ["<thought>Hm.</thought>Hello", "Hm.", "Hello"],
  ["◁think▷Hm.◁/think▷Hello", "Hm.", "Hello"],
  ["<think></think>Hello", "", "Hello"],
  ["</think>\n\nHello", "", "Hello"],
  ["<think>One</think>\n<think>two</think>Hello", "Onetwo", "Hello"],
  ["<think>One <think>two</think> three</think>Hello", "One two three", "Hello"],
  ["<think>A <think> begins thoughts.</think> Hello", "A  begins thoughts. Hello", "Hello"],
  ["<think>Hm. 1 < 2, </thin", "Hm. 1 < 2, </thin", ""],
  ["<think>Hm.", "Hm.", ""],
  ["<think>İi</think>Hello", "İi", "Hello"],
  ["<thin air>", "", "<thin air>"],
  ["<thi", "", "<thi"],
  ["  Hello", "", "  Hello"],
  ["   ", "", "   "],
  ["Say <think>this</think>", "", "Say <think>this</think>"],
  ["<b>Hello</b>", "", "<b>Hello</b>"],
  ["Hm.\n</think>\n\nHello", "Hm.\n", "Hello"],
  ["Hm. </think>\nHello", "Hm. ", "Hello"],
  ["Hm.\n  </THINK>Hello", "Hm.\n  ", "Hello"],
  ["Hm.\n[/THINK]Hello", "Hm.\n", "Hello"],
  ["Hm.\n</think>\n<think>Well.</think>Hello", "Hm.\nWell.", "Hello"],
  ["One\n</think>\ntwo\n</think>\nHello", "One\ntwo\n", "Hello"],
  ["The mark </think> ends thoughts.", "", "The mark </think> ends thoughts."],
  ["Say <think>\nHm.\n</think>\nso", "", "Say <think>\nHm.\n</think>\nso"],
  ["```\n</think>\n```\nends thoughts.", "", "```\n</think>\n```\nends thoughts."],
  ["Hm. </think>", "Hm. ", ""],
  ["Hm. </think> \r\n ", "Hm. ", ""],
  ["The mark `</think>`", "", "The mark `</think>`"],
  ["Hm.</think>Hello", "Hm.", "Hello"],
  ["Hm! </think> Hello", "Hm! ", "Hello"],
  ["うん。</think>やあ", "うん。", "やあ"],
  ["Write `Hm.</think>Hello`.", "", "Write `Hm.</think>Hello`."],
  ["No <think>. </think> Hello", "", "No <think>. </think> Hello"],
  ["Hm,</think>Hello", "", "Hm,</think>Hello"],
  ["Hello </thin", "", "Hello </thin"]
]

/** The same of a model whose answers begin with thoughts. */
const within: ReadonlyArray<readonly [string, string, string]> = [
  ["Hm.</think>Hello", "Hm.", "Hello"],
  ["\nHm.\n</think>\n\nHello", "\nHm.\n", "Hello"],
  ["<think>Hm.</think>Hello", "Hm.", "Hello"],
  ["</think>Hello", "", "Hello"],
  ["Hm.</thinking>Hello\n</think>\nagain", "Hm.Hello\n", "again"],
  ["Hello", "", "Hello"],
  [" Hello\n", "", "Hello\n"],
  ["Hm.</thi", "", "Hm.</thi"],
  ["Hm.</think>", "Hm.", ""],
  ["", "", ""]
]

const heard = (pieces: ReadonlyArray<string>, beginsWithin: boolean) => {
  const thoughts = Thoughts.make(beginsWithin)
  return [...pieces.flatMap(thoughts.hear), ...thoughts.end(true)]
}

describe("thoughts within an answer", () => {
  for (const [beginsWithin, rows] of [
    [false, answers],
    [true, within]
  ] as const) {
    const how = beginsWithin ? "at its beginning " : ""
    for (const [answer, thoughts, text] of rows) {
      it(`${how}are told from its text however it is cut: ${answer}`, () => {
        const letters = [...answer]
        for (const size of [1, 2, 3, 5, 7, letters.length + 1]) {
          const pieces = Array.chunksOf(letters, size).map((piece) => piece.join(""))
          deepStrictEqual(heardIn(heard(pieces, beginsWithin)), { text, thoughts })
        }
        for (const at of letters.keys()) {
          const pieces = [letters.slice(0, at).join(""), letters.slice(at).join("")]
          deepStrictEqual(heardIn(heard(pieces, beginsWithin)), { text, thoughts })
        }
      })
    }
  }

  it("delay no more of the text than may begin a mark", () => {
    const thoughts = Thoughts.make()
    const delays = ["<", "th", "ink>Hm", ". </", "think", ">Hel", "lo <", "think>"].map((piece) =>
      thoughts
        .hear(piece)
        .map((event) => (event._tag === "TextDelta" || event._tag === "ThinkingDelta" ? event.text : ""))
    )
    deepStrictEqual(delays, [[], [], ["Hm"], [". "], [], ["Hel"], ["lo "], ["<think>"]])
  })

  for (const [name, make] of [
    ["openai", makeOpenAi],
    ["anthropic", makeAnthropic]
  ] as const) {
    it.scopedLive(`are no text of ${name}'s`, () =>
      Effect.gen(function* () {
        const said = Api.answer(Api.text("<thi", "nk>Hm.</th", "ink>Hel", "lo"))
        yield* becomes(make(), said, { thoughts: "Hm.", text: "Hello", finish: "stop" })
        const silent = Api.answer(Api.text("<think>Hm."))
        yield* becomes(make(), silent, { thoughts: "Hm.", error: { _tag: "Unreadable" } })
      })
    )

    it.scopedLive(
      `begin the next answers of a model of ${name}'s that ends them with a mark and begins them with none`,
      () =>
        Effect.gen(function* () {
          const house = yield* make()
          const { traits } = house.provider
          const { model } = spec()
          const hears = (text: string, expected: Partial<Answered>) =>
            becomes(Effect.succeed(house), Api.answer(Api.text(text)), expected)
          const begins = () => traits.of(model).begins_in_thoughts
          const said = { thoughts: "Hm.\n", text: "Hello", finish: "stop" }

          yield* hears("Hm.\n</think>\n\nHello", said)
          assertTrue(begins())
          yield* hears("Hm.\n</think>Hello", said)
          assertTrue(begins())
          yield* hears("Hello", { text: "Hello", finish: "stop" })
          assertFalse(begins())
          yield* hears("Hm.\n</think>\n\nHello", said)
          yield* hears("Hello<|im_end|>", { text: "Hello", finish: "stop" })
          yield* hears("Hm.\n</think>\n\nHello", said)
          traits.forget()
          assertFalse(begins())
          yield* hears("Hm.\n</think>\n", { thoughts: "Hm.\n", error: { _tag: "Unreadable" } })
        })
    )
  }
})
