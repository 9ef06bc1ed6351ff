import { describe, it } from "@effect/vitest"
import { assertEquals, assertInstanceOf, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Option, TestClock } from "effect"
import type { Model } from "../../../../src/domain/Provider.ts"
import { Overloaded, TimedOut } from "../../../../src/domain/ProviderError.ts"
import { kept, windowIn } from "../../../../src/models/Providers/Http/Models.ts"
import { key, play, spec } from "../../../support/ClaudeHouse.ts"
import { makeAnthropic, makeOpenAi } from "../../../support/HttpHouse.ts"

describe("the models of a provider", () => {
  it.scopedLive("are all that the Messages API lists, page after page", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic()
      api.models.ids = Array.from({ length: 250 }, (_, n) => `claude-${n}`)

      const models = yield* provider.models

      assertEquals(models.length, 250)
      deepStrictEqual(models[249], { id: "claude-249", name: "Name of claude-249" })
      deepStrictEqual(
        api.listings.map(({ path }) => path),
        ["/v1/models?limit=100", "/v1/models?limit=100&after_id=claude-99", "/v1/models?limit=100&after_id=claude-199"]
      )
      assertTrue(
        api.listings.every(({ headers }) => headers["x-api-key"] === key && headers["anthropic-version"] !== "")
      )
    })
  )

  it.scopedLive("are at most a thousand", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeAnthropic()
      api.models.ids = Array.from({ length: 1500 }, (_, n) => `claude-${n}`)

      assertEquals((yield* provider.models).length, 1000)
      assertEquals(api.listings.length, 10)
    })
  )

  it.scopedLive("are asked for once, however many want to know", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeOpenAi()

      const lists = yield* Effect.all([provider.models, provider.models, provider.models], { concurrency: 3 })

      for (const list of lists) {
        deepStrictEqual(list, [
          { id: "model-a", name: "model-a" },
          { id: "model-b", name: "model-b" }
        ])
      }
      deepStrictEqual(
        api.listings.map(({ headers, path }) => [path, headers.authorization]),
        [["/models", `Bearer ${key}`]]
      )
    })
  )

  it.scopedLive("that are not told for now are an error of the endpoint", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeOpenAi()
      api.models.status = 503

      assertInstanceOf(yield* Effect.flip(provider.models), Overloaded)
    })
  )

  const counting = (answer: (nth: number) => ReturnType<typeof kept>) => {
    let asked = 0
    return { list: kept(Effect.suspend(() => answer(++asked))), asked: () => asked }
  }
  const some: ReadonlyArray<Model> = [{ id: "a", name: "A" }]

  it.effect("are asked for again after five minutes, and after a failure as soon as some seconds have gone by", () =>
    Effect.gen(function* () {
      const failing = new Overloaded({ retryAfterMs: null })
      const { asked, list } = counting((nth) => (nth === 1 ? Effect.fail(failing) : Effect.succeed(some)))

      assertInstanceOf(yield* Effect.flip(list), Overloaded)
      assertInstanceOf(yield* Effect.flip(list), Overloaded)
      assertEquals(asked(), 1)
      yield* TestClock.adjust("5 seconds")
      deepStrictEqual(yield* list, some)
      yield* TestClock.adjust("299 seconds")
      yield* list
      assertEquals(asked(), 2)
      yield* TestClock.adjust("1 second")
      yield* list
      assertEquals(asked(), 3)
    })
  )

  it.effect("are waited for ten seconds, and one who leaves meanwhile takes nothing from the others", () =>
    Effect.gen(function* () {
      const { asked, list } = counting((nth) =>
        nth === 1 ? Effect.never : nth === 2 ? Effect.never : Effect.succeed(some)
      )
      const leaving = yield* Effect.fork(list)
      const waiting = yield* Effect.fork(Effect.flip(list))
      yield* TestClock.adjust("1 second")

      yield* Fiber.interrupt(leaving)
      yield* TestClock.adjust("10 seconds")

      assertEquals(yield* Fiber.join(waiting), new TimedOut({ phase: "total", afterMs: 10_000 }))
      assertEquals(asked(), 2)
    })
  )

  it.scopedLive("name the model of a turn that names none", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeOpenAi({ model: Option.none() })
      const session = yield* provider.open(spec({ model: provider.defaultModel }))

      yield* play(session, "Hi")
      yield* play(session, "Hi")

      deepStrictEqual(
        api.calls.map(({ request }) => request.model),
        ["model-a", "model-a"]
      )
      assertEquals(api.listings.length, 1)
    })
  )
})

describe("a model's window", () => {
  for (const [where, more] of [
    ["OpenRouter", { context_length: 4096 }],
    ["Groq", { context_window: 4096 }],
    ["vLLM", { max_model_len: 4096 }],
    ["Mistral", { max_context_length: 4096 }],
    ["LM Studio", { max_context_length: 131_072, loaded_context_length: 4096 }],
    ["llama.cpp", { meta: { n_ctx: 4096, n_ctx_train: 131_072 } }],
    ["OpenRouter of the vendor that it asks", { context_length: 131_072, top_provider: { context_length: 4096 } }],
    ["DeepInfra", { metadata: { context_length: 4096 } }],
    ["GitHub Copilot", { capabilities: { limits: { max_context_window_tokens: 8192, max_prompt_tokens: 4096 } } }],
    ["a server that quotes numbers", { context_length: "4096", top_provider: null, meta: [] }],
    ["Anthropic", { max_input_tokens: 4096 }]
  ] as const) {
    it.scopedLive(`is known from the list of models, as ${where} tells it, once a session is open`, () =>
      Effect.gen(function* () {
        for (const { api, provider } of [yield* makeAnthropic(), yield* makeOpenAi()]) {
          api.models.more = more
          yield* provider.open(spec())
          yield* provider.models
          assertEquals(provider.traits.of("model-b").context_tokens, 4096)
          assertEquals(provider.traits.of("another").context_tokens, null)
          provider.traits.forget()
          assertEquals(provider.traits.of("model-b").context_tokens, 4096)
        }
      })
    )
  }

  it.scopedLive("is that of the model listed first, where a room leaves it to the endpoint which one answers", () =>
    Effect.gen(function* () {
      const { api, provider } = yield* makeOpenAi({ model: Option.none() })
      api.models.more = { context_length: 4096 }
      yield* provider.models
      assertEquals(provider.traits.of(provider.defaultModel).context_tokens, 4096)
    })
  )

  it("is not known from what is no number of tokens", () => {
    for (const context_length of [0, -1, 3.5, "many", null]) assertEquals(windowIn({ context_length }), null)
    assertEquals(windowIn({ meta: { n_ctx_train: 131_072 } }), null)
  })
})
