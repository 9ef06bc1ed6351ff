import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertInstanceOf, assertTrue } from "@effect/vitest/utils"
import { Effect, Option } from "effect"
import {
  Crashed,
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  ServerFailed,
  Unauthorized
} from "../../../../src/domain/ProviderError.ts"
import { stringify } from "../../../../src/lib/json.ts"
import { key, makeHouse, openIn, play, spec, whyNot } from "../../../support/ClaudeHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"

describe.skipIf(whyNot() !== "")(`A refused Claude turn, with the real client ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    const overloaded = new Overloaded({ retryAfterMs: null })
    const withStatus = (status: number) => ({ reason: `the endpoint refused with status ${status}` })
    const refusals: ReadonlyArray<readonly [string, Api.Reply, ProviderError]> = [
      ["401 is Unauthorized", Api.refuse(401), new Unauthorized(withStatus(401))],
      [
        "403 is Unauthorized",
        Api.refuse(403),
        new Unauthorized({ reason: "Failed to authenticate. API Error: 403 refused …" })
      ],
      ["429 is RateLimited", Api.refuse(429), new RateLimited({ retryAfterMs: null, ...withStatus(429) })],
      ["529 is Overloaded", Api.refuse(529), new Overloaded({ retryAfterMs: null, ...withStatus(529) })],
      ["500 is ServerFailed", Api.refuse(500), new ServerFailed({ retryAfterMs: null, ...withStatus(500) })],
      ["an error inside the stream is Overloaded", Api.stumble, overloaded],
      ["a connection lost before the first word is Overloaded", Api.answer(Api.text(Api.cut)), overloaded],
      ["a connection that is never answered is Overloaded", Api.hangUp, overloaded],
      [
        "a connection lost after the first word is Crashed",
        Api.answer(Api.text("One, ", Effect.sleep("50 millis"), Api.cut)),
        new Crashed({ reason: "the answer broke off in the middle" })
      ]
    ]
    for (const [name, reply, error] of refusals) {
      it.scoped(`${name}, after a single request`, () =>
        Effect.gen(function* () {
          const { api, provider } = yield* makeHouse()
          yield* api.reply(reply)
          const { close, session } = yield* openIn(provider)

          assertEquals(yield* Effect.flip(play(session, "Hi")), error)
          yield* close
          assertEquals(api.calls.length, 1)
        })
      )
    }

    for (const [status, Refusal] of [
      [429, RateLimited],
      [503, Overloaded]
    ] as const) {
      it.scoped(`${status} with retry-after says how long to wait`, () =>
        Effect.gen(function* () {
          const { api, provider } = yield* makeHouse()
          yield* api.reply(Api.refuse(status, { "retry-after": "7" }))
          const session = yield* provider.open(spec())

          const error = yield* Effect.flip(play(session, "Hi"))

          assertInstanceOf(error, Refusal)
          assertTrue((error.retryAfterMs ?? 0) >= 7000 && (error.retryAfterMs ?? 0) < 9000)
        })
      )
    }

    const unsigned: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, string]> = [
      ["a client that nobody has signed in", {}, "Not logged in · Please run /login"],
      [
        "a client without the cloud's credentials",
        { CLAUDE_CODE_USE_BEDROCK: "1", AWS_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true" },
        "no credentials for the cloud can be loaded"
      ]
    ]
    for (const [name, environment, reason] of unsigned) {
      it.scoped(`${name} is Unauthorized, with its words`, () =>
        Effect.gen(function* () {
          const { api, provider } = yield* makeHouse({ apiKey: Option.none(), environment })
          const session = yield* provider.open(spec())

          assertEquals(yield* Effect.flip(play(session, "Hi")), new Unauthorized({ reason }))
          assertEquals(api.calls.length, 0)
        })
      )
    }

    it.scoped("a bad request tells why, never the key, and is not repeated as it was", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.refuse(400), Api.refuse(400), Api.refuse(400))
        const session = yield* provider.open(spec())

        const error = yield* Effect.flip(play(session, "Hi"))

        assertInstanceOf(error, InvalidRequest)
        assertTrue(error.reason.includes("refused"))
        assertTrue(!stringify(error).includes(key))
        const requests = api.calls.map(({ body, headers }) => `${headers["anthropic-beta"]} ${body}`)
        assertEquals(new Set(requests).size, requests.length)
      })
    )
  })
})
