import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array, Effect } from "effect"
import type { ProviderEvent } from "../../../../src/domain/Provider.ts"
import * as Thoughts from "../../../../src/models/Providers/Http/Thoughts.ts"
import { becomes } from "../../../support/answered.ts"
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
  ["<b>Hello</b>", "", "<b>Hello</b>"]
]

const textOf = (tag: "TextDelta" | "ThinkingDelta", events: ReadonlyArray<ProviderEvent>) =>
  events.flatMap((event) => (event._tag === tag ? event.text : [])).join("")

const heard = (pieces: ReadonlyArray<string>) => {
  const thoughts = Thoughts.make()
  return [...pieces.flatMap(thoughts.hear), ...thoughts.end()]
}

describe("thoughts within an answer", () => {
  for (const [answer, thought, text] of answers) {
    it(`are told from its text however it is cut: ${answer}`, () => {
      const letters = [...answer]
      for (const size of [1, 2, 3, 5, 7, letters.length]) {
        const events = heard(Array.chunksOf(letters, size).map((piece) => piece.join("")))
        deepStrictEqual([textOf("ThinkingDelta", events), textOf("TextDelta", events)], [thought, text])
      }
    })
  }

  it("delay no more of the text than may begin a mark", () => {
    const thoughts = Thoughts.make()
    const delays = ["<", "th", "ink>Hm", ". </", "think", ">Hel", "lo <", "think>"].map((piece) =>
      thoughts
        .hear(piece)
        .map((event) => (event._tag === "TextDelta" || event._tag === "ThinkingDelta" ? event.text : ""))
    )
    deepStrictEqual(delays, [[], [], ["Hm"], [". "], [], ["Hel"], ["lo <"], ["think>"]])
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
  }
})
