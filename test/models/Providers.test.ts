import { NodeContext } from "@effect/platform-node"
import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInstanceOf, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
import { Providers } from "../../src/models/Providers.ts"
import { Settings, SettingsInvalid } from "../../src/process/Settings.ts"

const built = (raw: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const DATA_DIR = yield* fs.makeTempDirectoryScoped()
    const settings = Settings.layerFrom({ DATA_DIR, ...raw })
    return yield* Layer.build(Layer.provide(Providers.layer, settings)).pipe(
      Effect.flatMap((context) => Effect.provide(Providers, context))
    )
  })

const offered = (raw: Readonly<Record<string, string>>) =>
  Effect.map(built(raw), ({ all }) => all.map(({ defaultModel, name }) => `${name} ${defaultModel}`))

const key = { ANTHROPIC_API_KEY: "sk-test-not-a-real-key" }
const local = { OPENAI_BASE_URL: "http://127.0.0.1:1/v1" }

describe("Providers", () => {
  it.scopedLive("are those that the settings let in, in the order in which they are preferred", () =>
    Effect.gen(function* () {
      deepStrictEqual(yield* offered({}), ["scripted scripted-1"])
      deepStrictEqual(yield* offered(key), ["claude sonnet", "anthropic claude-sonnet-4-5", "scripted scripted-1"])
      deepStrictEqual(yield* offered(local), ["openai default", "scripted scripted-1"])
      deepStrictEqual(yield* offered({ CLAUDE_CODE_USE_BEDROCK: "1" }), ["claude sonnet", "scripted scripted-1"])
      deepStrictEqual(yield* offered({ ANTHROPIC_AUTH_TOKEN: "a-token", OPENAI_API_KEY: "a-key", OPENAI_MODEL: "m" }), [
        "claude sonnet",
        "anthropic claude-sonnet-4-5",
        "openai m",
        "scripted scripted-1"
      ])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("begin with the one that is chosen", () =>
    Effect.gen(function* () {
      deepStrictEqual(
        (yield* built({ ...key, ...local, DEFAULT_PROVIDER: "openai" })).all.map(({ name }) => name),
        ["openai", "claude", "anthropic", "scripted"]
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("cannot begin with one that the settings do not let in: they say what is missing", () =>
    Effect.gen(function* () {
      const wanted = {
        claude: "ANTHROPIC_API_KEY or another way in",
        anthropic: "ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN",
        openai: "OPENAI_BASE_URL or OPENAI_API_KEY"
      }
      for (const [name, what] of Object.entries(wanted)) {
        const error = yield* Effect.flip(built({ DEFAULT_PROVIDER: name }))
        assertInstanceOf(error, SettingsInvalid)
        deepStrictEqual(error.problems, [`DEFAULT_PROVIDER: ${name} needs ${what}`])
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive(
    "stand in for a name that is not here, as the settings say, without the model that was meant for it",
    () =>
      Effect.gen(function* () {
        const { choose } = yield* built({
          ...local,
          PROVIDER_ALIASES: "codex=default, claude=scripted,openai=scripted"
        })
        const chosen = (provider: string | null) =>
          Effect.map(choose({ provider, model: "m" }), ({ model, provider: { name } }) => [name, model])

        deepStrictEqual(yield* Effect.forEach([null, "codex", "claude", "openai", "scripted"], chosen), [
          ["openai", "m"],
          ["openai", null],
          ["scripted", null],
          ["openai", "m"],
          ["scripted", "m"]
        ])
        for (const name of ["Codex", "default", "abacus"]) {
          deepStrictEqual((yield* Effect.flip(chosen(name)))._tag, "ProviderUnknown")
        }
        const refused = yield* Effect.forEach(["codex", "codex=", "=default", "codex=gpt", "codex=claude"], (it) =>
          Effect.flip(built({ PROVIDER_ALIASES: it }))
        )
        refused.forEach((error) => assertInstanceOf(error, SettingsInvalid))
        deepStrictEqual(
          refused.at(-1)?.message.split("\n  ").at(-1),
          "PROVIDER_ALIASES: codex=claude needs ANTHROPIC_API_KEY or another way in"
        )
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("know prices from the settings; one that cannot be read is refused", () =>
    Effect.gen(function* () {
      yield* built({ ...local, MODEL_PRICES: "gpt-5=1.25/10, qwen3:8b=0/0" })
      for (const MODEL_PRICES of ["gpt-5", "gpt-5=1.25", "gpt-5=a/b", "=1/2"]) {
        assertInstanceOf(yield* Effect.flip(built({ MODEL_PRICES })), SettingsInvalid)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
