import type { Vitest } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Context, Effect, Option, Redacted } from "effect"
import type { SessionSpec, TurnInput } from "../../../../src/domain/Provider.ts"
import { answered } from "../../../support/answered.ts"
import { openAiAt } from "../../../support/HttpHouse.ts"
import * as Relay from "../../../support/Relay.ts"
import type { Lines } from "../../../support/TinyModel.ts"

/** The models of a local server. */
export const models = {
  talk: { first: ["Tea", " is", " hot."], afterCall: [] },
  story: { first: ["Once", " upon", " a", " time", " and ", "Once"], afterCall: [] },
  skip: { first: ["<tool_call>\n", '{"name": "skip", ', '"arguments": {}}', "\n</tool_call>"], afterCall: ["Hm."] },
  recall: {
    first: [
      "<tool_call>\n",
      '{"name": "recall", ',
      '"arguments": ',
      '{"subtitle": ',
      '"Quinces"',
      "}}",
      "\n</tool_call>"
    ],
    afterCall: ["They", " keep", " well."]
  }
} satisfies Record<string, Lines>

export type Model = keyof typeof models

/** How many tokens each of them reads. */
export const contextTokens = 16_384

/** A server that runs on this machine, with a model for each of the lines. */
export class Local extends Context.Tag("parley/test/models/Providers/servers/local")<
  Local,
  {
    readonly key: string
    /** Where the model is, and what it is called there. */
    readonly at: (model: Model) => { readonly url: string; readonly model: string }
  }
>() {}

const tools = [
  { name: "recall", description: "Brings a memory back", parameters: { subtitle: "Its subtitle" } },
  { name: "skip", description: "Stays silent", parameters: {} }
]

/** Asks a model for one turn, at another address where one is given. */
export const asked = Effect.fnUntraced(function* (
  name: Model,
  seat: Partial<SessionSpec> = {},
  more: Partial<TurnInput> = {},
  elsewhere?: string
) {
  const { at, key } = yield* Local
  const { model, url } = at(name)
  const provider = yield* openAiAt(elsewhere ?? url, { apiKey: Option.some(Redacted.make(key)) })
  return yield* answered(provider, more, { model, tools, ...seat })
})

const options = (max_output_tokens: number) => ({ max_output_tokens, temperature: null, thinking: null })

/** What holds of every server of models on this machine. */
export const local = <R>(it: Vitest.MethodsNonLive<Local | R, true>) => {
  it.scoped("says its words, how they ended and what they took", () =>
    Effect.gen(function* () {
      const { error, finish, isCounted, text, usage } = yield* asked("talk")

      deepStrictEqual(
        { error, finish, isCounted, text },
        { error: null, finish: "stop", isCounted: true, text: "Tea is hot." }
      )
      const { cacheReadTokens = 0, inputTokens = 0, outputTokens } = usage ?? {}
      assertTrue(inputTokens + cacheReadTokens > 100)
      deepStrictEqual(outputTokens, models.talk.first.length + 1)
    })
  )

  it.scoped("calls a tool, hears what came of it, and goes on; both requests are counted", () =>
    Effect.gen(function* () {
      const { calls, error, finish, isCounted, text, usage } = yield* asked("recall")

      deepStrictEqual(
        { calls, error, finish, isCounted, text },
        {
          calls: [["recall", { subtitle: "Quinces" }]],
          error: null,
          finish: "stop",
          isCounted: true,
          text: "They keep well."
        }
      )
      const { afterCall, first } = models.recall
      deepStrictEqual(usage?.outputTokens, first.length + afterCall.length + 2)
    })
  )

  it.scoped("stays silent by a tool", () =>
    Effect.gen(function* () {
      const { calls, error, text } = yield* asked("skip")

      deepStrictEqual({ calls, error, text }, { calls: [["skip", {}]], error: null, text: "" })
    })
  )

  it.scoped("says that an answer came to its length", () =>
    Effect.gen(function* () {
      const { error, finish, text, usage } = yield* asked("story", { options: options(7) })

      deepStrictEqual(
        { error, finish, text, took: usage?.outputTokens },
        { error: null, finish: "length", text: "Once upon a time and Once upon", took: 7 }
      )
    })
  )

  it.scoped("is heard as far as it came when the line is cut", () =>
    Effect.gen(function* () {
      const { at } = yield* Local
      const relay = yield* Relay.until(at("story").url, '" time"')

      const { error, finish, text } = yield* asked("story", {}, {}, relay)

      deepStrictEqual([error?._tag, finish], ["Crashed", null])
      assertTrue(text.startsWith("Once upon a time"), text)
    })
  )
}
