// The providers with no house around them, and a Messages API that answers at once. Bundled before it is started.
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer, ManagedRuntime, Option, Redacted, Stream } from "effect"
import { performance } from "node:perf_hooks"
import { Seat } from "../../src/domain/Provider.ts"
import { context } from "../../src/Orchestrator/Context.ts"
import * as Claude from "../../src/Providers/Claude.ts"
import * as Scripted from "../../src/Providers/Scripted.ts"
import * as MessagesApi from "../support/MessagesApi.ts"
import { answering } from "./calls.mjs"

const runtime = ManagedRuntime.make(Layer.mergeAll(NodeContext.layer, Layer.scope))
const word = "a".repeat(40)

const api = () =>
  runtime.runPromise(MessagesApi.make(MessagesApi.answer(MessagesApi.text(word, " is what Echo says."))))

const providers = {
  scripted: () => Effect.succeed(Scripted.make({ paceMs: 0 })),
  claude: ({ dataDir, url }) =>
    Claude.make({
      apiKey: Option.some(Redacted.make("none")),
      baseUrl: Option.some(url),
      model: "sonnet",
      dataDir,
      maxThinkingTokens: 0,
      environment: {}
    })
}

const specOf = (model, systemPrompt = `## Lines\n\n- ${word} is what Echo says.\n`) => ({
  seat: new Seat({ roomId: 1, agentId: 1 }),
  agentName: "Echo",
  model,
  systemPrompt,
  tools: [],
  resume: null
})

const callTool = () => Effect.succeed({ text: "", isError: false })
const hello = { parts: [{ text: "U1 User (person):", own: null }], knownParts: 0, ask: "Hello", images: [] }

/** Of each of so many turns of one open session: from asking for it to its first text, in milliseconds. */
const turns = ({ count, name, ...options }) =>
  Effect.gen(function* () {
    const provider = yield* providers[name](options)
    const session = yield* provider.open(specOf(provider.defaultModel))
    return yield* Effect.forEach(Array.from({ length: count }), () =>
      Effect.suspend(() => {
        const began = performance.now()
        let first = 0
        return session.turn({ ...hello, callTool }).pipe(
          Stream.runForEach(({ _tag }) =>
            Effect.sync(() => {
              if (first === 0 && _tag === "TextDelta") first = performance.now() - began
            })
          ),
          Effect.map(() => first)
        )
      })
    )
  }).pipe(Effect.scoped, (effect) => runtime.runPromise(effect))

/** As many turns of the scripted provider, in a room in which these things were said last. */
const perform = async ({ count, lines, said }) => {
  const began = performance.now()
  const messages = said.map((content, index) =>
    index === 0
      ? { agent_id: null, role: "user", participant_type: "user", participant_name: null, partial: false, content }
      : { agent_id: index, agent_name: `Agent ${index}`, role: "assistant", partial: false, content }
  )
  const agent = { id: 99, name: "Echo" }
  const told = context({
    agent,
    messages,
    omitted: 0,
    mark: "#abcdef",
    personName: "User",
    occasion: "news",
    notes: [],
    names: new Map()
  })
  await Effect.gen(function* () {
    const session = yield* Scripted.make({ paceMs: 0 }).open(specOf("scripted-1", lines))
    const turn = { ...told, knownParts: 0, images: [], callTool }
    yield* Effect.repeatN(Stream.runDrain(session.turn(turn)), count - 1)
  }).pipe(runtime.runPromise)
  return { count, ms: performance.now() - began }
}

answering({ api: async () => ({ url: (await api()).url }), turns, perform, end: () => runtime.dispose() })
