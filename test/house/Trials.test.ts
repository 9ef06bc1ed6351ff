import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { stringify } from "../../src/lib/json.ts"
import * as ChatApi from "../support/ChatApi.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

const noTools = ChatApi.refuseSaying(400, { error: { message: "tiny:1b does not support tools" } })
const noCredit = ChatApi.refuseSaying(402, { error: { message: "Insufficient credits." } })

/** A house with the endpoints `first` and `closed`; at the latter nothing listens. */
const inHouse = <A, E, R>(
  test: (api: Effect.Effect.Success<ReturnType<typeof ChatApi.make>>) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const api = yield* ChatApi.make(ChatApi.answer(ChatApi.text("ready")))
    const own = yield* House.folders({})
    const house = House.layerWhole({
      ...own,
      MODEL_PRICES: "tiny=1/10",
      OPENAI_ENDPOINTS: stringify([
        { name: "first", url: api.url, key: "key-of-the-first", model: "tiny:1b" },
        { name: "closed", url: "http://127.0.0.1:1/v1" }
      ])
    })
    return yield* Effect.provide(test(api), house)
  }).pipe(Effect.provide(NodeContext.layer))

const attempt = (ask: Client.Ask, name: string, model?: string) =>
  ask(({ system }) => system.tryProvider({ path: { name }, payload: model === undefined ? {} : { model } }))

describe("what a refusal taught of a model", () => {
  it.scopedLive("shows in GET /providers until /admin/reload forgets it", () =>
    inHouse((api) =>
      Effect.gen(function* () {
        const { ask, json } = yield* Client.make
        yield* api.reply(noTools)
        // Without a body, which the client always sends.
        yield* json("POST", "/providers/first/try")
        const learnt = Effect.map(
          ask((parley) => parley.system.providers()),
          ({ providers }) =>
            providers.find(({ name }) => name === "first")?.traits.map(({ model, without }) => [model, without])
        )
        deepStrictEqual(yield* learnt, [["tiny:1b", ["tools"]]])
        yield* ask(({ admin }) => admin.reload())
        deepStrictEqual(yield* learnt, [])
      })
    )
  )
})

describe("POST /providers/{name}/try", () => {
  it.scopedLive("tells how long the model took, what it cost, and whether it takes tools", () =>
    inHouse((api) =>
      Effect.gen(function* () {
        const { ask } = yield* Client.make

        const took = yield* attempt(ask, "first")
        assertTrue((took.first_token_ms ?? -1) >= 0)
        const { first_token_ms: _, ...told } = took
        deepStrictEqual(told, {
          provider: "first",
          model: "tiny:1b",
          ok: true,
          message: "The model answers and takes tools.",
          error: null,
          takes_tools: true,
          tokens: 20,
          cost_usd: (13 * 1 + 7 * 10) / 1e6
        })
        assertInclude(api.calls[0]?.heard.told, "Answer with the one word: ready")
        deepStrictEqual(api.calls[0]?.heard.tools, ["current_time"])
        assertTrue((api.calls[0]?.body ?? "").includes(":512"))

        yield* api.reply(noTools)
        const without = yield* attempt(ask, "first", "other")
        deepStrictEqual([without.ok, without.model, without.takes_tools], [true, "other", false])
      })
    )
  )

  it.scopedLive("says in a sentence why a model does not answer, asks once, and shows it in the list", () =>
    inHouse((api) =>
      Effect.gen(function* () {
        const { ask } = yield* Client.make
        yield* api.reply(noCredit, ChatApi.refuse(429, { "retry-after": "20" }))

        const poor = yield* attempt(ask, "first")
        const busy = yield* attempt(ask, "first")
        const again = yield* attempt(ask, "first")
        const closed = yield* attempt(ask, "closed", "m")
        const list = yield* ask(({ system }) => system.providers())

        deepStrictEqual([poor.ok, poor.error?._tag, poor.takes_tools], [false, "QuotaExhausted", null])
        assertInclude(poor.message, "Add credit, or choose another provider. It says: Insufficient credits.")
        deepStrictEqual([busy.error?._tag, again.ok, api.calls.length], ["RateLimited", true, 3])
        const refused =
          'No connection to 127.0.0.1:1: nothing listens there. Check the url of "closed" in OPENAI_ENDPOINTS'
        assertInclude(closed.message, refused)
        assertInclude(list.providers[1]?.health.last_error?.message, refused)
        assertFalse(stringify([poor, busy, list]).includes("key-of-the"))
      })
    )
  )

  it.scopedLive("is the admin's, and knows the providers that there are", () =>
    inHouse((api) =>
      Effect.gen(function* () {
        const admin = yield* Client.make
        const guest = yield* Client.guest

        const typo: object = { modle: "m" }
        const unknown = yield* Effect.flip(attempt(admin.ask, "nobody"))
        const refused = yield* Effect.flip(attempt(guest.ask, "first"))
        const odd = yield* Effect.flip(
          admin.ask(({ system }) => system.tryProvider({ path: { name: "first" }, payload: typo }))
        )

        deepStrictEqual([unknown.status, unknown.tag], [400, "ProviderUnknown"])
        deepStrictEqual([refused.status, odd.status], [403, 400])
        strictEqual(api.calls.length, 0)
      })
    )
  )
})
