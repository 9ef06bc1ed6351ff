import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Stream, TestClock } from "effect"
import type { Provider } from "../../src/domain/Provider.ts"
import { Gates } from "../../src/models/Gates.ts"
import * as Trials from "../../src/models/Trials.ts"
import * as Puppet from "../support/Puppet.ts"

const { provider } = Puppet.make({ act: () => Stream.never })
const rows: ReadonlyArray<readonly [string, Provider]> = [
  ["never speaks", provider],
  ["never opens", { ...provider, open: () => Effect.never }]
]

describe("a trial", () => {
  for (const [name, provider] of rows) {
    it.effect(`of a provider that ${name} is over after 30 seconds`, () =>
      Effect.gen(function* () {
        const attempt = yield* Trials.make
        const fiber = yield* Effect.fork(attempt(provider, "m"))

        yield* TestClock.adjust("29999 millis")
        const before = yield* Fiber.poll(fiber)
        yield* TestClock.adjust("1 millis")
        const { error, first_token_ms, message, ok } = yield* Fiber.join(fiber)

        deepStrictEqual(
          [before._tag, ok, error?._tag, first_token_ms, message.split(".")[0]],
          ["None", false, "TimedOut", null, "There was no answer within 30 s"]
        )
      }).pipe(Effect.provide(Gates.layer))
    )
  }

  it.effect("is one of four at once of its provider, and is shared by those who ask for the same meanwhile", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      let [open, most] = [0, 0]
      const counting: Provider = {
        ...provider,
        open: (spec) =>
          Effect.zipRight(
            Effect.acquireRelease(
              Effect.sync(() => {
                asked.push(spec.model)
                most = Math.max(most, ++open)
              }),
              () => Effect.sync(() => open--)
            ),
            provider.open(spec)
          )
      }
      const attempt = yield* Trials.make
      const models = ["m", "m", "m", "m", "n", "o", "p", "q"]
      const fiber = yield* Effect.fork(
        Effect.forEach(models, (model) => attempt(counting, model), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("90 seconds")
      const found = yield* Fiber.join(fiber)

      deepStrictEqual(
        found.map(({ model }) => model),
        models
      )
      deepStrictEqual([most, asked.toSorted()], [4, ["m", "m", "n", "o", "p", "q"]])
    }).pipe(Effect.provide(Gates.layer))
  )
})
