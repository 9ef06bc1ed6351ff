import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { stringify } from "../../../src/lib/json.ts"
import { room } from "../../support/Duo.ts"
import * as House from "../../support/House.ts"
import { makeOpenAi } from "../../support/HttpHouse.ts"
import { refuseSaying } from "../../support/MessagesApi.ts"
import type { Reply } from "../../support/StandIn/Protocol.ts"
import { frames } from "../../support/StandIn/Raw.ts"

/** A dollar for a thousand tokens in or out. */
const prices = { "model-a": { input: 1000, output: 1000, cacheRead: 1000, cacheWrite: 1000 } }

const words = "It is half past nine, as far as I can see from here. "

const saying = (usage?: unknown) =>
  frames(
    { choices: [{ delta: { content: words.repeat(4) }, finish_reason: null }] },
    { choices: [{ delta: {}, finish_reason: "stop" }], ...(usage === undefined ? {} : { usage }) },
    "[DONE]"
  )

const odd: ReadonlyArray<readonly [string, unknown]> = [
  ["tells nothing of it", undefined],
  ["tells a word", "n/a"],
  ["tells zeros", { prompt_tokens: 0, completion_tokens: 0 }],
  ["tells less than nothing", { prompt_tokens: -100_000, completion_tokens: -1, cost: -5 }],
  ["tells more than can be", { prompt_tokens: 1e18, completion_tokens: 1e18, cost: 1e18 }]
]

const flagged = refuseSaying(403, { error: { message: "The input was flagged by moderation" } })

/** What a room has spent after each of so many rounds, as long as it plays any. */
const spending = (reply: Reply, settings: object) =>
  Effect.gen(function* () {
    const { api, provider } = yield* makeOpenAi({ prices })
    yield* api.reply(...Array.from({ length: 12 }, () => reply))
    const folders = yield* House.folders({ Ada: "Ada builds clocks." })
    const play = Effect.gen(function* () {
      const found = yield* room(settings)
      const spent: Array<{ readonly usd: number; readonly tokens: number; readonly replies: number }> = []
      for (let round = 0; round < 12; round++) {
        yield* found.say(`What time is it now, for the ${round}th time?`)
        yield* found.watch.ended
        const used = yield* found.usage
        spent.push({ usd: used.spent_usd, tokens: used.spent_tokens, replies: used.reply_count })
      }
      return spent
    })
    return yield* Effect.provide(play, House.layer({ settings: folders, providers: [provider] }))
  }).pipe(Effect.provide(NodeContext.layer))

describe("a vendor that", () => {
  for (const [name, usage] of odd) {
    for (const [budget, settings] of [
      ["dollars", { budget_usd: 3 }],
      ["tokens", { budget_tokens: 8000 }]
    ] as const) {
      it.scopedLive(`${name} is paid for in ${budget}, and each reply stays`, () =>
        Effect.gen(function* () {
          const spent = yield* spending(saying(usage), { ...settings, max_messages: 1 })

          const [first] = spent
          const last = spent.at(-1)
          assertTrue(first !== undefined && first.replies === 1 && first.usd > 0.1 && first.tokens > 100)
          assertTrue(last !== undefined && last.replies > 1 && last.replies < 12, stringify(spent))
          const usd = spent.map((one) => one.usd)
          assertEquals(
            usd.every((one, at) => one >= (usd[at - 1] ?? 0)),
            true
          )
        })
      )
    }
  }

  it.scopedLive("refuses a request takes nothing of a budget, also where a filter refused it", () =>
    Effect.gen(function* () {
      const spent = yield* spending(flagged, { budget_tokens: 8000 })
      deepStrictEqual(
        spent.map(({ tokens, usd }) => [tokens, usd]),
        Array.from({ length: 12 }, () => [0, 0])
      )
    })
  )
})
