import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertInstanceOf, assertTrue } from "@effect/vitest/utils"
import { Effect } from "effect"
import {
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  Unauthorized
} from "../../../src/domain/Provider.ts"
import { stringify } from "../../../src/lib/json.ts"
import { key, makeHouse, play, spec, whyNot } from "../../support/ClaudeHouse.ts"
import * as Api from "../../support/MessagesApi.ts"

describe.skipIf(whyNot() !== "")(`A refused Claude turn, with the real client ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    const refusals: ReadonlyArray<readonly [string, Parameters<typeof Api.refuse>, number, ProviderError]> = [
      ["401 is Unauthorized at once", [401], 1, new Unauthorized()],
      ["403 is Unauthorized at once", [403], 1, new Unauthorized()],
      ["429 is RateLimited at once", [429], 1, new RateLimited({ retryAfterMs: null })],
      ["529 is Overloaded at once", [529], 1, new Overloaded({ retryAfterMs: null })],
      ["500 is Overloaded after one retry", [500], 2, new Overloaded({ retryAfterMs: null })]
    ]
    for (const [name, refusal, requests, error] of refusals) {
      it.scoped(name, () =>
        Effect.gen(function* () {
          const { api, provider } = yield* makeHouse()
          yield* api.reply(Api.refuse(...refusal), Api.refuse(...refusal))
          const session = yield* provider.open(spec())

          assertEquals(yield* Effect.flip(play(session, "Hi")), error)
          assertEquals(api.calls.length, requests)
        })
      )
    }

    it.scoped("an error inside the stream is Overloaded after one retry", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.stumble, Api.stumble)
        const session = yield* provider.open(spec())

        assertEquals(yield* Effect.flip(play(session, "Hi")), new Overloaded({ retryAfterMs: null }))
        assertEquals(api.calls.length, 2)
      })
    )

    it.scoped("a refusal with retry-after says how long to wait", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.refuse(429, { "retry-after": "7" }))
        const session = yield* provider.open(spec())

        const error = yield* Effect.flip(play(session, "Hi"))

        assertInstanceOf(error, RateLimited)
        assertTrue((error.retryAfterMs ?? 0) >= 7000 && (error.retryAfterMs ?? 0) < 9000)
      })
    )

    it.scoped("a bad request tells why, and never the key", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.refuse(400), Api.refuse(400), Api.refuse(400))
        const session = yield* provider.open(spec())

        const error = yield* Effect.flip(play(session, "Hi"))

        assertInstanceOf(error, InvalidRequest)
        assertTrue(error.reason.includes("refused"))
        assertTrue(!stringify(error).includes(key))
      })
    )
  })
})
