import { describe, layer } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { type Context, Effect, Either, Layer, Option, Record, Redacted } from "effect"
import { stringify } from "../../../../src/lib/json.ts"
import { answered } from "../../../support/answered.ts"
import { openAiAt } from "../../../support/HttpHouse.ts"
import { bytesOf, pixel } from "../../../support/images.ts"
import * as LlamaCpp from "../../../support/LlamaCpp.ts"
import { layer as machine } from "../../../support/Process.ts"
import * as TinyModel from "../../../support/TinyModel.ts"
import { whyNot } from "../../../support/tools.ts"
import { asked, contextTokens, Local, local, models } from "./local.ts"
import { room, toldMore } from "./room.ts"

const built = await Effect.runPromise(Effect.provide(LlamaCpp.built, machine))

/** Where a server of the model is. */
const start = (lines: TinyModel.Lines, tokens = contextTokens, params: object = {}) =>
  Effect.map(
    LlamaCpp.start(Either.getOrThrow(built), TinyModel.make(lines, tokens), { n_ctx: tokens, ...params }),
    (base) => `${base}/v1`
  )

const house = Effect.map(
  Effect.all(
    Record.map(models, (lines) => start(lines)),
    { concurrency: 4 }
  ),
  (urls): Context.Tag.Service<Local> => ({
    key: LlamaCpp.key,
    at: (model) => ({ url: urls[model], model: "tiny" })
  })
)
const world = Layer.provideMerge(Layer.scoped(Local, Effect.orDie(house)), machine)

const speaking = (url: string) => openAiAt(url, { apiKey: Option.some(Redacted.make(LlamaCpp.key)) })

describe.skipIf(Either.isLeft(built))(`llama.cpp${whyNot(built)}`, () => {
  layer(world, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    local(it)
    room(it)

    it.scoped("says a key that is not its own", () =>
      Effect.gen(function* () {
        const { at } = yield* Local
        const { error } = yield* answered(yield* openAiAt(at("talk").url))
        deepStrictEqual({ ...error }, { _tag: "Unauthorized", reason: "Invalid API Key" })
      })
    )

    it.scoped("answers by the model that it has, whichever is asked", () =>
      Effect.gen(function* () {
        const { error, text } = yield* asked("talk", { model: "another" })
        deepStrictEqual([error, text], [null, "Tea is hot."])
      })
    )

    it.scoped("says how long a conversation was that is too long, and lists how much it reads", () =>
      Effect.gen(function* () {
        const provider = yield* speaking(yield* start(models.talk, 1024))

        const { error } = yield* answered(provider, { ask: "Hi ".repeat(1000) })
        yield* provider.models

        deepStrictEqual(error?._tag, "ContextExceeded")
        assertInclude(stringify(error), "exceeds the available context size (1024 tokens)")
        deepStrictEqual(provider.traits.of("tiny.gguf").context_tokens, 1024)
      })
    )

    it.scoped("is told less of a conversation once it has refused one, in the room where that happened", () =>
      Effect.gen(function* () {
        const url = yield* start(models.talk, 8192)
        const said = Array.from({ length: 4 }, (_, nth) => `${nth}: ${"Tea is hot. ".repeat(200)}`)

        const { answers, traits } = yield* toldMore({ url, key: LlamaCpp.key }, said)

        deepStrictEqual(
          answers,
          said.map(() => "Tea is hot.")
        )
        const [known] = traits
        deepStrictEqual([known?.model, known?.context_tokens], ["tiny", 8192])
        assertTrue((known?.bytes_per_token ?? 2) < 2, stringify(traits))
      })
    )

    it.scoped("is asked once more without tools, and from then on, where it has no template for them", () =>
      Effect.gen(function* () {
        const provider = yield* speaking(yield* start(models.talk, contextTokens, { use_jinja: false }))

        const { error, text } = yield* answered(provider)

        deepStrictEqual([error, text], [null, "Tea is hot."])
        deepStrictEqual(provider.traits.of("claude-sonnet-4-5").without, ["tools"])
      })
    )

    it.scoped("says that it sees no pictures", () =>
      Effect.gen(function* () {
        const { at } = yield* Local
        const images = [{ media_type: "image/png" as const, bytes: bytesOf(pixel), label: "A picture:" }]

        const { error } = yield* answered(yield* speaking(at("talk").url), { images })

        deepStrictEqual(error?._tag, "ImagesRefused")
      })
    )
  })
})
