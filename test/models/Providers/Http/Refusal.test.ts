import { describe, it } from "@effect/vitest"
import { assertEquals, assertInstanceOf, assertTrue } from "@effect/vitest/utils"
import { Effect } from "effect"
import {
  ContextExceeded,
  Crashed,
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  Unreachable,
  Unreadable
} from "../../../../src/domain/ProviderError.ts"
import { stringify } from "../../../../src/lib/json.ts"
import { key, play, spec } from "../../../support/ClaudeHouse.ts"
import { anthropicAt, makeAnthropic, makeOpenAi, openAiAt } from "../../../support/HttpHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"
import type { Reply } from "../../../support/StandIn/Protocol.ts"

const houses = [
  ["anthropic", makeAnthropic],
  ["openai", makeOpenAi]
] as const

const statuses: ReadonlyArray<readonly [number, ProviderError["_tag"]]> = [
  [400, "InvalidRequest"],
  [401, "Unauthorized"],
  [402, "QuotaExhausted"],
  [403, "Unauthorized"],
  [408, "Overloaded"],
  [413, "ContextExceeded"],
  [429, "RateLimited"],
  [500, "ServerFailed"],
  [502, "Overloaded"],
  [503, "Overloaded"],
  [524, "Overloaded"],
  [529, "Overloaded"]
]

const waits: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, (ms: number | null) => boolean]> = [
  ["in seconds", { "retry-after": "7" }, (ms) => ms === 7000],
  ["in milliseconds", { "retry-after-ms": "1500.5", "retry-after": "7" }, (ms) => ms === 1501],
  ["as a date that is past", { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }, (ms) => ms === 0],
  ["as a date to come", { "retry-after": "Fri, 21 Oct 2095 07:28:00 GMT" }, (ms) => (ms ?? 0) > 1e10],
  ["to a gateway before it", { "llm_provider-retry-after": "7" }, (ms) => ms === 7000],
  ["in words", { "retry-after": "soon" }, (ms) => ms === null]
]

const faults: ReadonlyArray<readonly [string, Reply, ProviderError]> = [
  ["ends in mid-event", Api.answer(Api.text("a", Api.cut)), broken("the answer broke off in the middle")],
  ["ends in mid-letter", Api.answer(Api.text("a", Api.truncatedUtf8)), broken("the answer broke off in the middle")],
  ["ends too early", Api.answer(Api.text("a", Api.fallSilent)), broken("the answer broke off before its end")],
  ["ends before it began", Api.nothing, broken("the answer broke off before its end")],
  ["is a page", Api.stranger, broken("the answer broke off before its end")],
  ["is garbage", Api.answer(Api.text("a", Api.garbage)), broken("the answer is garbled: an event cannot be read")],
  [
    "reports an overload",
    Api.answer(Api.text("a", Api.overload)),
    new Overloaded({ retryAfterMs: null, reason: "Overloaded" })
  ],
  ["never comes", Api.hangUp, new Overloaded({ retryAfterMs: null, reason: "the endpoint closed the connection" })]
]

function broken(reason: string) {
  return new Crashed({ reason })
}

for (const [name, makeHouse] of houses) {
  describe(`a turn of ${name}`, () => {
    const refused = (reply: Reply, resume: string | null = null) =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(reply)
        const session = yield* provider.open(spec({ resume }))
        const error = yield* Effect.flip(play(session, "Hi"))
        assertEquals(api.calls.length, 1)
        return error
      })

    for (const [status, tag] of statuses) {
      it.scopedLive(`that is refused with ${status} is ${tag} after one request`, () =>
        Effect.map(refused(Api.refuse(status)), (found) => {
          assertEquals(found._tag, tag)
          assertTrue("reason" in found && found.reason.startsWith("refused") && !found.reason.includes(key))
        })
      )
    }

    for (const [how, headers, isRight] of waits) {
      it.scopedLive(`knows when to try again, told ${how}`, () =>
        Effect.map(refused(Api.refuse(429, headers)), (error) => {
          assertInstanceOf(error, RateLimited)
          assertTrue(isRight(error.retryAfterMs), `${error.retryAfterMs}`)
        })
      )
    }

    it.scopedLive("that is wrong tells why, and never the key", () =>
      Effect.map(refused(Api.refuse(400)), (error) => {
        assertInstanceOf(error, InvalidRequest)
        assertTrue(error.reason.startsWith("refused"))
        assertTrue(!stringify(error).includes(key))
      })
    )

    it.scopedLive("that is too long is told as that, with a session and without one", () =>
      Effect.gen(function* () {
        assertInstanceOf(yield* refused(Api.tooLong, "some-session"), ContextExceeded)
        assertInstanceOf(yield* refused(Api.tooLong), ContextExceeded)
      })
    )

    for (const [how, reply, error] of faults) {
      it.scopedLive(`whose answer ${how} is ${error._tag}`, () =>
        Effect.map(refused(reply), (found) => assertEquals(found, error))
      )
    }

    it.scopedLive("whose answer holds an event of megabytes is Crashed", () =>
      Effect.map(refused(Api.answer(Api.text("x".repeat(8_000_000)))), (error) =>
        assertEquals(error, new Crashed({ reason: "the answer holds an event that is too large" }))
      )
    )

    it.scopedLive("whose answer ends within a tool call is Unreadable", () =>
      Effect.map(refused(Api.answer(Api.toolUse("memorize", '{"memory', Api.unclosed))), (error) =>
        assertInstanceOf(error, Unreadable)
      )
    )
  })
}

describe("an endpoint that is not there", () => {
  it.scopedLive("is Unreachable, by its address and by its name, and the error names the host", () =>
    Effect.gen(function* () {
      for (const host of ["127.0.0.1:1", "nowhere.invalid"]) {
        const url = `http://${host}`
        for (const provider of [yield* anthropicAt(url), yield* openAiAt(url)]) {
          const session = yield* provider.open(spec())
          const error = yield* Effect.flip(play(session, "Hi"))
          assertInstanceOf(error, Unreachable)
          assertEquals(error.host, host)
        }
      }
    })
  )
})
