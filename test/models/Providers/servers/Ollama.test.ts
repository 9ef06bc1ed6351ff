import { describe, layer } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { type Context, Effect, Either, Layer, Record } from "effect"
import { bytesOf, pixel } from "../../../support/images.ts"
import * as Ollama from "../../../support/Ollama.ts"
import { layer as machine } from "../../../support/Process.ts"
import * as TinyModel from "../../../support/TinyModel.ts"
import { whyNot } from "../../../support/tools.ts"
import { asked, contextTokens, Local, local, models } from "./local.ts"
import { room } from "./room.ts"

const built = await Effect.runPromise(Effect.provide(Ollama.built, machine))

const modelOf = (lines: TinyModel.Lines, tokens = contextTokens) => ({
  gguf: TinyModel.make(lines, tokens),
  contextTokens: tokens
})

const house = Effect.map(
  Ollama.start(Either.getOrThrow(built), {
    ...Record.map(models, (lines) => modelOf(lines)),
    forgetful: modelOf(models.talk, 1024)
  }),
  (base): Context.Tag.Service<Local> => ({ key: "none", at: (model) => ({ url: `${base}/v1`, model }) })
)
const world = Layer.provideMerge(Layer.scoped(Local, Effect.orDie(house)), machine)

describe.skipIf(Either.isLeft(built))(`Ollama${whyNot(built)}`, () => {
  layer(world, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    local(it)
    room(it)

    it.scoped("says a model that it does not have", () =>
      Effect.gen(function* () {
        const { error } = yield* asked("talk", { model: "nobody" })
        deepStrictEqual({ ...error }, { _tag: "ModelUnknown", model: "nobody", reason: "model 'nobody' not found" })
      })
    )

    it.scoped(
      "answers a conversation that is too long as if it were not: it leaves some of it out, and does not say so",
      () =>
        Effect.gen(function* () {
          const ask = "Hi ".repeat(1000)

          const { error, text, usage } = yield* asked("talk", { model: "forgetful", tools: [] }, { ask })

          deepStrictEqual([error, text], [null, "Tea is hot."])
          assertTrue((usage?.inputTokens ?? Infinity) <= 1024)
        })
    )

    it.scoped("answers as if there were no picture where a model sees none", () =>
      Effect.gen(function* () {
        const images = [{ media_type: "image/png" as const, bytes: bytesOf(pixel), label: "A picture:" }]

        const { error, text } = yield* asked("talk", { tools: [] }, { images })

        deepStrictEqual([error, text], [null, "Tea is hot."])
      })
    )
  })
})
