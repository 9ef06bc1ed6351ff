import { describe, layer } from "@effect/vitest"
import { assertInclude, deepStrictEqual } from "@effect/vitest/utils"
import { Context, Effect, Either, Layer, Option, Redacted } from "effect"
import type { ProviderError } from "../../../../src/domain/ProviderError.ts"
import { stringify } from "../../../../src/lib/json.ts"
import * as ChatApi from "../../../support/ChatApi.ts"
import { anthropicAt, openAiAt } from "../../../support/HttpHouse.ts"
import * as LiteLlm from "../../../support/LiteLlm.ts"
import * as MessagesApi from "../../../support/MessagesApi.ts"
import { layer as machine } from "../../../support/Process.ts"
import { frames } from "../../../support/StandIn/Raw.ts"
import type { Reply } from "../../../support/StandIn/Protocol.ts"
import { answered } from "../../../support/answered.ts"
import { whyNot } from "../../../support/tools.ts"
import { holdsBehind } from "../contract/holds.ts"
import { inChat, ofChat, wired } from "../contract/wired.ts"

const built = await Effect.runPromise(Effect.provide(LiteLlm.built, machine))

const keyOf = (key: string) => ({ apiKey: Option.some(Redacted.make(key)) })
const own = keyOf(LiteLlm.key)
const api_key = "sk-test-of-the-vendor"

/** LiteLLM, with a vendor of each protocol behind it. */
const gateway = Effect.gen(function* () {
  const chat = yield* ChatApi.make()
  const messages = yield* MessagesApi.make()
  const url = yield* LiteLlm.start(Either.getOrThrow(built), {
    "by-chat": { model: "openai/model-a", api_base: chat.url, api_key },
    "by-messages": { model: "anthropic/claude-sonnet-4-5", api_base: messages.url, api_key },
    "by-nobody": { model: "openai/model-a", api_base: "http://127.0.0.1:1", api_key }
  })
  return { chat, messages, url }
})

class Gateway extends Context.Tag("parley/test/models/Providers/servers/LiteLlm.test/Gateway")<
  Gateway,
  Effect.Effect.Success<typeof gateway>
>() {}

const world = Layer.provideMerge(Layer.scoped(Gateway, Effect.orDie(gateway)), machine)

/** One turn of a model of the gateway's. */
const asked = (model: string, key = own) =>
  Effect.gen(function* () {
    const { url } = yield* Gateway
    return yield* answered(yield* openAiAt(url, key), {}, { model })
  })

describe.skipIf(Either.isLeft(built))(`LiteLLM${whyNot(built)}`, () => {
  layer(world, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    holdsBehind(
      it,
      "before an endpoint of the chat completions protocol, as one of the same",
      Effect.gen(function* () {
        const { chat, url } = yield* Gateway
        return wired(yield* openAiAt(url, { ...own, model: Option.some("by-chat") }), chat, ofChat)
      })
    )
    holdsBehind(
      it,
      "before the Messages API, as an endpoint of the chat completions protocol",
      Effect.gen(function* () {
        const { messages, url } = yield* Gateway
        return wired(yield* openAiAt(url, { ...own, model: Option.some("by-messages") }), messages, inChat)
      })
    )
    holdsBehind(
      it,
      "before the Messages API, as one of the same",
      Effect.gen(function* () {
        const { messages, url } = yield* Gateway
        const provider = yield* anthropicAt(url, { ...own, model: "by-messages", maxThinkingTokens: 1024 })
        // By this protocol LiteLLM leaves it out, by the other it tells it in a header of its own.
        return wired(provider, messages, { hearsWaits: false })
      })
    )

    const refusals: ReadonlyArray<readonly [string, ReturnType<typeof asked>, ProviderError["_tag"], string]> = [
      ["a model that it does not have", asked("by-none"), "ModelUnknown", "Invalid model name passed in model=by-none"],
      ["a key that is not its own", asked("by-chat", keyOf("sk-test-of-nobody")), "Unauthorized", "No connected db."],
      ["a vendor who is not there", asked("by-nobody"), "ServerFailed", "Connection error"]
    ]
    for (const [name, ask, tag, says] of refusals) {
      it.scoped(`says ${name} as ${tag}`, () =>
        Effect.gen(function* () {
          const { error } = yield* ask
          deepStrictEqual(error?._tag, tag)
          assertInclude(stringify(error), says)
        })
      )
    }

    type Vendor = "chat" | "messages"
    const ends: ReadonlyArray<readonly [string, Vendor, Reply, object]> = [
      [
        "a limit of tokens",
        "chat",
        frames(
          { choices: [{ index: 0, delta: { content: "Once upon" }, finish_reason: null }] },
          { choices: [{ index: 0, delta: {}, finish_reason: "length" }] }
        ),
        { text: "Once upon", finish: "length", error: undefined }
      ],
      ["a cut", "chat", ChatApi.answer(ChatApi.text("Once upon", ChatApi.cut)), cutOff("ServerFailed")],
      ["a cut", "messages", MessagesApi.answer(MessagesApi.text("Once upon", MessagesApi.cut)), cutOff("ServerFailed")],
      ["an overload", "chat", ChatApi.answer(ChatApi.text("Once upon", ChatApi.overload)), cutOff("Overloaded")],
      [
        "an overload",
        "messages",
        MessagesApi.answer(MessagesApi.text("Once upon", MessagesApi.overload)),
        cutOff("Overloaded")
      ],
      ["a conversation that is too long", "chat", ChatApi.tooLong, refused("ContextExceeded")],
      ["a conversation that is too long", "messages", MessagesApi.tooLong, refused("ContextExceeded")]
    ]
    for (const [name, vendor, reply, expected] of ends) {
      it.scoped(`passes on ${name} of a vendor, by ${vendor}`, () =>
        Effect.gen(function* () {
          const apis = yield* Gateway
          yield* apis[vendor].reply(reply)

          const { error, finish, text } = yield* asked(`by-${vendor}`)

          deepStrictEqual({ text, finish, error: error?._tag }, expected, stringify(error))
        })
      )
    }
  })
})

function cutOff(error: ProviderError["_tag"]) {
  return { text: "Once upon", finish: null, error }
}

function refused(error: ProviderError["_tag"]) {
  return { text: "", finish: null, error }
}
