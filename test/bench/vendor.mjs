// What the models' vendors are, on loopback and in a process of their own. Bundled before it is started.
import { Duration, Effect, Layer, ManagedRuntime } from "effect"
import * as ChatApi from "../support/ChatApi.ts"
import * as MessagesApi from "../support/MessagesApi.ts"
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

const reply = (response, call) =>
  isHolding ? Effect.zipRight(count, lasting(response, call)).pipe(Effect.scoped) : atOnce(response, call)

answering({
  listen: async () => ({
    anthropic: (await runtime.runPromise(MessagesApi.make(reply))).url,
    openai: (await runtime.runPromise(ChatApi.make(reply))).url
  }),
  hold: async (value) => {
    isHolding = value
  },
  held: async () => open,
  end: () => runtime.dispose()
})
