// What the models' vendors are, on loopback and in a process of their own. Bundled before it is started.
import { Duration, Effect, Layer, ManagedRuntime } from "effect"
import * as ChatApi from "../support/ChatApi.ts"
import * as MessagesApi from "../support/MessagesApi.ts"
import * as Faults from "../support/StandIn/Faults.ts"
import { answering } from "./calls.mjs"

const runtime = ManagedRuntime.make(Layer.scope)
const word = "a".repeat(40)
const longest = 90
let isHolding = false
let open = 0

const atOnce = MessagesApi.answer(MessagesApi.text(word, " is what Echo says."))

/** A word each second, until they are let go. */
const breath = Effect.suspend(() => (isHolding ? Effect.sleep(Duration.seconds(1)) : Effect.void))
const lasting = MessagesApi.answer(
  MessagesApi.text(word, ...Array.from({ length: longest }, () => [breath, " and on"]).flat())
)

const count = Effect.acquireRelease(
  Effect.sync(() => open++),
  () => Effect.sync(() => open--)
)

/** The model `words-41` says as many words, each in an event of its own. */
const words = (wanted) => ChatApi.answer(ChatApi.text(...Array.from({ length: wanted }, (_, nth) => `${nth} `)))

let last = ""
const reply = (response, call) => {
  last = call.body
  const wanted = /^words-(\d+)$/.exec(call.request.model)?.[1]
  if (wanted !== undefined) return words(Number(wanted))(response, call)
  return isHolding ? Effect.zipRight(count, lasting(response, call)).pipe(Effect.scoped) : atOnce(response, call)
}

const complaints = {
  limited: [429, { message: "Rate limit reached for requests", type: "requests" }],
  poor: [429, { message: "You exceeded your current quota", code: "insufficient_quota" }],
  flagged: [403, { message: "The input was flagged by moderation" }],
  long: [400, { message: "This model's maximum context length is 8192 tokens", code: "context_length_exceeded" }]
}
const refused = {}

/** Each model is refused in its own way. */
const refusal = (response, call) => {
  const { model } = call.request
  refused[model] = (refused[model] ?? 0) + 1
  const [status, error] = complaints[model]
  return Faults.refuseSaying(status, { error })(response, call)
}

answering({
  listen: async () => ({
    anthropic: (await runtime.runPromise(MessagesApi.make(reply))).url,
    openai: (await runtime.runPromise(ChatApi.make(reply))).url,
    refuser: (await runtime.runPromise(ChatApi.make(refusal))).url
  }),
  hold: async (value) => {
    isHolding = value
  },
  held: async () => open,
  /** The newest request. */
  last: async () => JSON.parse(last),
  /** How often each model was refused. */
  refused: async () => refused,
  end: () => runtime.dispose()
})
