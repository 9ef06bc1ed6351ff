import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { explain } from "../../../src/domain/ProviderAdvice.ts"
import {
  ModelUnknown,
  Overloaded,
  QuotaExhausted,
  type ProviderError,
  Unauthorized,
  Unreachable
} from "../../../src/domain/ProviderError.ts"
import * as Overheard from "../../support/Overheard.ts"
import { vendor, world } from "../../support/Gate.ts"

const refused = new Unauthorized({ reason: "Incorrect API key provided." })

describe("a failure that a person has to mend", () => {
  it.effect("is logged once in plain words, and again after the model has answered", () => {
    const { layer, said } = Overheard.make()
    return world(() =>
      Effect.gen(function* () {
        let verdict: ProviderError | undefined = refused
        const { turn } = yield* vendor(() => verdict)
        const play = (next: ProviderError | undefined) => {
          verdict = next
          return Effect.either(turn({ patienceMs: 0 }))
        }
        for (const next of [refused, refused, new Overloaded({ retryAfterMs: null }), undefined, refused, refused])
          yield* play(next)
        strictEqual(said.filter((it) => it.includes("The key is not accepted")).length, 2, said.join("\n"))
      })
    ).pipe(Effect.provide(layer))
  })

  it.effect("shows in the provider's state with its reason and what to do", () =>
    world(() =>
      Effect.gen(function* () {
        const { state, turn } = yield* vendor(() => refused)
        yield* Effect.either(turn())
        const { last_error } = yield* state
        deepStrictEqual([last_error?.reason, last_error?.message], [refused.reason, explain(refused, "p")])
      })
    )
  )

  const rows: ReadonlyArray<readonly [string, ProviderError, string]> = [
    [
      "openai",
      new Unreachable({ host: "127.0.0.1:1", reason: "nothing listens there" }),
      "No connection to 127.0.0.1:1: nothing listens there. Check OPENAI_BASE_URL, and that the server there runs."
    ],
    [
      "groq",
      new Unreachable({ host: "groq.tset", reason: "the name is not known" }),
      'No connection to groq.tset: the name is not known. Check the url of "groq" in OPENAI_ENDPOINTS, and that the server there runs.'
    ],
    [
      "anthropic",
      refused,
      "The key is not accepted, or may not do this. Check ANTHROPIC_API_KEY. It says: Incorrect API key provided."
    ],
    [
      "groq",
      new QuotaExhausted(),
      "The account has no credit left, or has reached its limit. Add credit, or choose another provider."
    ],
    [
      "openai",
      new ModelUnknown({ model: "gpt-6" }),
      "There is no model gpt-6 for this key. GET /providers lists the models."
    ]
  ]
  for (const [provider, error, words] of rows) {
    it(`says in plain words what ${error._tag} of ${provider} means`, () =>
      strictEqual(explain(error, provider), words))
  }
})
