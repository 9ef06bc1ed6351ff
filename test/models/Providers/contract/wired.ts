import { Deferred, Effect, Option, Redacted } from "effect"
import type { Provider } from "../../../../src/domain/Provider.ts"
import type { ProviderError } from "../../../../src/domain/ProviderError.ts"
import * as Anthropic from "../../../../src/models/Providers/Anthropic.ts"
import * as OpenAi from "../../../../src/models/Providers/OpenAi.ts"
import * as ChatApi from "../../../support/ChatApi.ts"
import { children } from "../../../support/children.ts"
import { makeHouse } from "../../../support/ClaudeHouse.ts"
import * as MessagesApi from "../../../support/MessagesApi.ts"
import type * as StandIn from "../../../support/StandIn.ts"
import { replies } from "../../../support/StandIn/Play.ts"
import type { Call, Reply } from "../../../support/StandIn/Protocol.ts"
import { type Asked, type Fault, House, type Vendor } from "./House.ts"

const key = Option.some(Redacted.make("sk-test-not-a-real-key"))
const proxies = { http: Option.none(), https: Option.none(), except: Option.none() }

type Api<Request> = Effect.Effect.Success<ReturnType<typeof StandIn.make<Request>>>

const vendorOf = <Request>(api: Api<Request>): Vendor => {
  const asked = ({ closed, heard }: Call<Request>): Asked => ({ ...heard, over: Deferred.await(closed) })
  return {
    performs: (...turns) => Effect.asVoid(api.reply(...turns.flatMap(replies))),
    forget: api.forget,
    asked: () => api.calls.map(asked),
    next: Effect.map(api.next, asked)
  }
}

const text = "something that is said"
const memorize = MessagesApi.withId("twin", MessagesApi.toolUse("memorize", '{"memory_entry":"x"}'))
const long = "a".repeat(50 * 1024 * 1024)

type Row = readonly [string, Reply, ...ReadonlyArray<ProviderError["_tag"]>]

const faults: ReadonlyArray<Row> = [
  ["refuses with 500", MessagesApi.refuse(500), "ServerFailed"],
  ["refuses with 403", MessagesApi.refuse(403), "Unauthorized"],
  ["refuses with 404", MessagesApi.refuse(404), "InvalidRequest"],
  ["refuses what is too long", MessagesApi.tooLong, "ContextExceeded"],
  ["hangs up before the headers", MessagesApi.hangUp, "Overloaded"],
  ["ends before the first event", MessagesApi.nothing, "Crashed", "Overloaded"],
  ["answers as somebody else", MessagesApi.stranger, "Crashed"],
  ["reports an overload in mid-answer", MessagesApi.stumble, "Overloaded"],
  ["is cut in mid-event", MessagesApi.answer(MessagesApi.text(text, MessagesApi.cut)), "Crashed"],
  ["ends without an end", MessagesApi.answer(MessagesApi.text(text, MessagesApi.fallSilent)), "Crashed"],
  ["sends garbage", MessagesApi.answer(MessagesApi.text(text, MessagesApi.garbage)), "Crashed"],
  ["ends within a letter", MessagesApi.answer(MessagesApi.text(text, MessagesApi.truncatedUtf8)), "Crashed"],
  ["says 50 MB at once", (response, call) => MessagesApi.answer(MessagesApi.text(long))(response, call), "Crashed"],
  [
    "leaves a call of a tool open",
    MessagesApi.answer(MessagesApi.toolUse("memorize", '{"memory_', MessagesApi.unclosed)),
    "Unreadable"
  ]
]

const silences: ReadonlyArray<Row> = [
  ["before the headers", MessagesApi.silence, "TimedOut"],
  ["after the headers", MessagesApi.headersOnly, "TimedOut"],
  ["in mid-event", MessagesApi.answer(MessagesApi.text(text, MessagesApi.halfway)), "TimedOut"],
  ["before the last event", MessagesApi.almost(MessagesApi.text(text)), "TimedOut"]
]

interface Switch {
  readonly reply: (reply: Reply) => Effect.Effect<unknown>
}

const switched = (api: Switch, rows: ReadonlyArray<Row>): ReadonlyArray<Fault> =>
  rows.map(([name, reply, ...becomes]) => ({ name, becomes, happen: Effect.asVoid(api.reply(reply)) }))

/** A provider that speaks with its vendor over the wire. */
export const wired = <Request>(provider: Provider, api: Api<Request>, more: Partial<House["Type"]> = {}) =>
  House.of({
    provider,
    vendor: vendorOf(api),
    hears: true,
    costs: (requests) => ({
      inputTokens: 10 * requests,
      outputTokens: 7 * requests,
      cacheReadTokens: 3 * requests,
      cacheWriteTokens: 4 * requests
    }),
    begun: (_words, characters) => ({
      inputTokens: 10,
      outputTokens: 1 + Math.ceil(characters / 3),
      cacheReadTokens: 3,
      cacheWriteTokens: 4
    }),
    finishReason: "end_turn",
    triesWhenInvalid: 1,
    hearsWaits: true,
    twins: Effect.asVoid(api.reply(MessagesApi.answer(memorize, memorize), MessagesApi.answer(MessagesApi.text(text)))),
    faults: switched(api, faults),
    silences: switched(api, silences),
    processes: Effect.succeed(0),
    ...more
  })

/** What another protocol calls an end, and that it tells what was taken at the end alone. */
export const inChat = { finishReason: "stop", begun: () => null }

/** The same of a vendor who has no word for what goes to a cache. */
export const ofChat = {
  ...inChat,
  costs: (requests: number) => ({
    inputTokens: 10 * requests,
    outputTokens: 7 * requests,
    cacheReadTokens: 3 * requests,
    cacheWriteTokens: 0
  })
}

export const claude = Effect.gen(function* () {
  const { api, provider } = yield* makeHouse()
  const processes = Effect.map(children, ({ length }) => length)
  const context = yield* Effect.context<Effect.Effect.Context<typeof children>>()
  // Each takes a process of its own; test/Providers/Claude has more of them.
  const some = faults.flatMap(([name, reply]): ReadonlyArray<Row> =>
    // Whether the words before the fault are heard in time is the client's matter.
    /overload|letter/.test(name) ? [[name, reply, "Crashed", "Overloaded"]] : []
  )
  return wired(provider, api, {
    processes: Effect.provide(processes, context),
    // The client leaves out what a gateway might not know.
    triesWhenInvalid: 3,
    faults: switched(api, some),
    silences: switched(api, silences.slice(2, 3))
  })
})

export const anthropic = Effect.gen(function* () {
  const api = yield* MessagesApi.make()
  const provider = yield* Anthropic.make({
    apiKey: key,
    authToken: Option.none(),
    baseUrl: Option.some(api.url),
    model: "claude-sonnet-4-5",
    maxOutputTokens: 1024,
    maxThinkingTokens: 1024,
    prices: {},
    proxies
  })
  return wired(provider, api)
})

export const openai = Effect.gen(function* () {
  const api = yield* ChatApi.make()
  const provider = yield* OpenAi.make({
    name: "openai",
    apiKey: key,
    baseUrl: Option.some(api.url),
    model: Option.none(),
    maxOutputTokens: 1024,
    prices: {},
    proxies
  })
  return wired(provider, api, ofChat)
})
