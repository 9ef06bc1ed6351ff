// Whoever asks a model: each of the providers, and what it stands beside.
import { NodeContext } from "@effect/platform-node"
import { Effect, Exit, Layer, ManagedRuntime, Option, Redacted, Scope, Stream } from "effect"
import { noChoice } from "../../src/domain/ModelChoice.ts"
import { Seat } from "../../src/domain/Provider.ts"
import * as Anthropic from "../../src/models/Providers/Anthropic.ts"
import * as Claude from "../../src/models/Providers/Claude.ts"
import * as Folders from "../../src/models/Providers/Claude/Folders.ts"
import { optionsFor } from "../../src/models/Providers/Claude/Options.ts"
import * as OpenAi from "../../src/models/Providers/OpenAi.ts"
import * as Scripted from "../../src/models/Providers/Scripted.ts"
import * as Bare from "./bare-clients.mjs"
import { turnOf } from "../support/turns.ts"

export const runtime = ManagedRuntime.make(Layer.mergeAll(NodeContext.layer, Layer.scope))
const word = "a".repeat(40)
const key = Option.some(Redacted.make("none"))
const lines = `## Lines\n\n- ${word} is what Echo says.\n`

export const specOf = (model, systemPrompt = lines, resume = null) => ({
  seat: new Seat({ roomId: 1, agentId: 1 }),
  agentName: "Echo",
  model,
  options: noChoice,
  systemPrompt,
  tools: [],
  resume
})

export const callTool = () => Effect.succeed({ text: "", isError: false })

const claude = ({ dataDir, url }) => ({
  apiKey: key,
  baseUrl: Option.some(url),
  model: "sonnet",
  dataDir,
  maxThinkingTokens: 0,
  environment: {}
})

const http = ({ url }) => ({
  apiKey: key,
  authToken: Option.none(),
  baseUrl: Option.some(url),
  maxOutputTokens: 8192,
  maxThinkingTokens: 0,
  prices: {},
  proxies: { http: Option.none(), https: Option.none(), except: Option.none() }
})

/** A provider as a client that is opened, asked and closed. */
const provided = (make) => async (options) => {
  const provider = await runtime.runPromise(make(options))
  return async (resume) => {
    const scope = await runtime.runPromise(Scope.make())
    const opening = provider.open(specOf(provider.defaultModel, lines, resume))
    const session = await runtime.runPromise(Scope.extend(opening, scope))
    const turn = async (text, onText) => {
      let sessionId = null
      const said = { parts: [{ text, own: null }], knownParts: 0, ask: "It is your turn.", images: [] }
      const input = { ...said, callTool, spend: () => {} }
      const events = Stream.runForEach(turnOf(session, input), (event) =>
        Effect.sync(() => {
          if (event._tag === "TextDelta") onText(event.text)
          if (event._tag === "Done") sessionId = event.sessionId
        })
      )
      await runtime.runPromise(events)
      return sessionId
    }
    return { turn, close: () => runtime.runPromise(Scope.close(scope, Exit.void)) }
  }
}

const bareSdk = async (options) => {
  const folders = await runtime.runPromise(Folders.make(options.dataDir))
  return Bare.sdk(optionsFor({ ...claude(options), folders }, specOf("sonnet"), null))
}

const bareMessages = async ({ url }) =>
  Bare.http(
    `${url}/v1/messages`,
    (content) => ({
      model: "claude-sonnet-4-5",
      max_tokens: 8192,
      stream: true,
      system: [{ type: "text", text: lines }],
      messages: [{ role: "user", content }]
    }),
    ({ delta }) => delta?.text
  )

/** Sends the same request over and over where one is given. */
const bareChat = async ({ request, url }) =>
  Bare.http(
    `${url}/chat/completions`,
    (content) =>
      request ?? {
        model: "model-a",
        stream: true,
        stream_options: { include_usage: true },
        messages: [
          { role: "system", content: lines },
          { role: "user", content }
        ]
      },
    ({ choices: [choice] }) => choice?.delta.content
  )

/** Each becomes, with its options, what opens a session. */
export const clients = {
  claude: provided((options) => Claude.make(claude(options))),
  anthropic: provided((options) => Anthropic.make({ ...http(options), model: "claude-sonnet-4-5" })),
  openai: provided((options) => OpenAi.make({ name: "openai", ...http(options), model: Option.some("model-a") })),
  scripted: provided(() => Effect.succeed(Scripted.make({ paceMs: 0 }))),
  bareSdk,
  bareMessages,
  bareChat
}
