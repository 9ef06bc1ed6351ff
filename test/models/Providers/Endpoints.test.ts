import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertFalse, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
import { show } from "../../../src/domain/Settings.ts"
import { Providers } from "../../../src/models/Providers.ts"
import { LiveSettings, Settings } from "../../../src/process/Settings.ts"
import { stringify } from "../../../src/lib/json.ts"

type Raw = Readonly<Record<string, string>>

const settings = (raw: Raw) => Settings.layerFrom({ DATA_DIR: "/nowhere", ...raw })

const built = (raw: Raw) =>
  Effect.flatMap(Layer.build(Layer.provide(Providers.layer, settings(raw))), (context) =>
    Effect.provide(Providers, context)
  )

const two = stringify([
  { name: "groq", url: "https://groq.test/v1", key: "gsk-hidden-key", model: "llama" },
  { name: "1", url: "http://127.0.0.1:1/v1" }
])

const names = (raw: Raw) => Effect.map(built(raw), ({ all }) => all.map(({ name }) => name))

const problems = (raw: Raw) =>
  Effect.map(Effect.flip(Effect.asVoid(Layer.build(settings(raw)))), ({ problems }) => problems)

describe("OPENAI_ENDPOINTS", () => {
  it.scoped("each is a provider of its own name, after openai and before scripted", () =>
    Effect.gen(function* () {
      const { all } = yield* built({ OPENAI_ENDPOINTS: two, OPENAI_API_KEY: "sk-test" })

      deepStrictEqual(
        all.map(({ defaultModel, name }) => `${name} ${defaultModel}`),
        ["openai default", "groq llama", "1 default", "scripted scripted-1"]
      )
      strictEqual(new Set(all.map(({ traits }) => traits)).size, 4)
      deepStrictEqual(yield* names({ OPENAI_ENDPOINTS: two, DEFAULT_PROVIDER: "1" }), ["1", "groq", "scripted"])
      deepStrictEqual(yield* names({ OPENAI_ENDPOINTS: "[]" }), ["scripted"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("aliases may stand for them", () =>
    Effect.gen(function* () {
      const { choose } = yield* built({ OPENAI_ENDPOINTS: two, PROVIDER_ALIASES: "codex=1,claude=groq" })
      const chosen = (provider: string) =>
        Effect.map(choose({ provider, model: "m" }), ({ model, provider: { name } }) => [name, model])

      deepStrictEqual(yield* Effect.forEach(["codex", "claude", "groq"], chosen), [
        ["1", null],
        ["groq", null],
        ["groq", "m"]
      ])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("a name that no provider can have is refused beside all else that is wrong", () =>
    Effect.gen(function* () {
      const known = "claude or anthropic or openai or scripted or groq or 1"
      deepStrictEqual(
        yield* problems({ OPENAI_ENDPOINTS: two, DEFAULT_PROVIDER: "grok", PROVIDER_ALIASES: "a=groq,b=x", PORT: "y" }),
        [
          'PORT: expected a whole number from 0 to 65535, found "y"',
          `DEFAULT_PROVIDER: expected ${known}, found "grok"`,
          `PROVIDER_ALIASES: expected ${known} or default, found "b=x"`
        ]
      )
    })
  )

  it.scoped("what cannot be used is refused with the item and what is expected, and is not repeated", () =>
    Effect.gen(function* () {
      const good = { name: "groq", url: "https://groq.test/v1" }
      const named =
        'expected a name of 1 to 40 lower-case letters, digits, "-" and "_", other than claude, anthropic, openai, scripted, default'
      const text = 'expected a JSON array as [{"name":"groq","url":"https://…/v1"}]'
      const array = "expected a JSON array of at most 100 endpoints"
      const address = "expected a http or https address"
      const rows: ReadonlyArray<readonly [unknown, string]> = [
        [{ key: "hush" }, `: ${array}`],
        [Array.from({ length: 101 }, (_, at) => ({ ...good, name: `n${at}` })), `: ${array}`],
        [[good, "hush"], `, item 2: expected an object as {"name":"groq","url":"https://…/v1"}`],
        [[{ url: good.url }], `, item 1, name: is missing: ${named}`],
        [[{ name: "groq" }], `, item 1, url: is missing: ${address}`],
        ...["Groq", "", "a b", "openai", "claude", "anthropic", "scripted", "default", "a".repeat(41), 5].map(
          (name) => [[good, { ...good, name }], `, item 2, name: ${named}`] as const
        ),
        ...["groq.test", "ftp://hush.test", "", 5].map(
          (url) => [[{ ...good, url }], `, item 1, url: ${address}`] as const
        ),
        [[{ ...good, key: "" }], ", item 1, key: expected a key that is not empty"],
        [[{ ...good, key: 1234567 }], ", item 1, key: expected a key that is not empty"],
        [[{ ...good, model: "" }], ", item 1, model: expected the name of a model"],
        ...[0, 255, 4096.5, "4096", null, -1, 100_000_001].map(
          (context_tokens) =>
            [
              [{ ...good, context_tokens }],
              ", item 1, context_tokens: expected a whole number of tokens, from 256"
            ] as const
        ),
        [
          [{ ...good, modle: "hush" }],
          ', item 1, modle: is unexpected, expected: "name" | "url" | "key" | "model" | "context_tokens"'
        ],
        [[good, { ...good, name: "b" }, good], ", item 3, name: expected a name that no other endpoint has"]
      ]
      for (const [value, what] of rows) {
        deepStrictEqual(yield* problems({ OPENAI_ENDPOINTS: stringify(value) }), [`OPENAI_ENDPOINTS${what}`])
      }
      deepStrictEqual(yield* problems({ OPENAI_ENDPOINTS: "groq=hush" }), [`OPENAI_ENDPOINTS: ${text}`])
    })
  )

  it.scoped("shows in no table, and a reload takes nothing of it over", () =>
    Effect.gen(function* () {
      const raw: Record<string, string> = { OPENAI_ENDPOINTS: two }
      const context = yield* Layer.build(Settings.layerFrom(raw))
      const { reload } = yield* Effect.provide(LiveSettings, context)
      const start = yield* Effect.provide(Settings, context)
      strictEqual(show(start.OPENAI_ENDPOINTS), "<redacted>")
      assertFalse(stringify(start).includes("gsk-hidden-key"))

      raw["OPENAI_ENDPOINTS"] = two.replace("gsk-hidden-key", "gsk-other-key")

      deepStrictEqual(yield* reload, [
        { name: "OPENAI_ENDPOINTS", from: "<redacted>", to: "<redacted>", applied: false }
      ])
    })
  )
})
