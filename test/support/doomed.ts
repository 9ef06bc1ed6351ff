import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Effect, Option, Redacted, Stream } from "effect"
import { noChoice } from "../../src/domain/ModelChoice.ts"
import { AgentId } from "../../src/domain/Agent.ts"
import { Seat } from "../../src/domain/Provider.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import * as Claude from "../../src/models/Providers/Claude.ts"
import { told } from "./told.ts"
import { turnOf } from "./turns.ts"

const [, , url = "", dataDir = "", bare = ""] = process.argv

/** A program with a turn under way, for a test to kill. Started bare, no kernel ends its process with it. */
const program = Effect.gen(function* () {
  const provider = yield* Claude.make({
    apiKey: Option.some(Redacted.make("sk-test-not-a-real-key")),
    baseUrl: Option.some(url),
    model: "claude-sonnet-4-5",
    dataDir,
    maxOutputTokens: 8192,
    prices: {},
    maxThinkingTokens: 0,
    environment: {},
    ...(bare === "bare" ? { launcher: [] } : {})
  })
  const session = yield* provider.open({
    seat: new Seat({ roomId: RoomId.make(1), agentId: AgentId.make(1) }),
    agentName: "alice",
    model: provider.defaultModel,
    options: noChoice,
    systemPrompt: "You are Alice.",
    tools: [],
    resume: null
  })
  const callTool = () => Effect.succeed({ text: "", isError: false })
  yield* Stream.runDrain(turnOf(session, { ...told("Count"), callTool }))
})

program.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
