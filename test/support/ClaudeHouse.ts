import { FileSystem } from "@effect/platform"
import { Chunk, Effect, Exit, Option, Redacted, Scope, Stream } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { existsSync } from "node:fs"
import { noChoice } from "../../src/domain/ModelChoice.ts"
import { AgentId } from "../../src/domain/Agent.ts"
import {
  type Provider,
  ProviderEvent,
  Seat,
  type Session,
  type SessionSpec,
  type TurnInput
} from "../../src/domain/Provider.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import * as Claude from "../../src/models/Providers/Claude.ts"
import type { ClaudeConfig } from "../../src/models/Providers/Claude/Options.ts"
import { whyNoClaude } from "./claude.ts"
import * as Api from "./MessagesApi.ts"
import { told } from "./told.ts"
import { makeBill } from "./bill.ts"
import { turnOf } from "./turns.ts"

/** Why these tests cannot run here; empty where they can. */
export const whyNot = () =>
  existsSync("/proc/self/stat") ? whyNoClaude() : "skipped: processes are counted in /proc, which only Linux has"

export const key = "sk-test-not-a-real-key"

/** The real provider in front of a Messages API of the test's own. */
export const makeHouse = (config: Partial<ClaudeConfig> = {}, otherwise?: Api.Reply) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const api = yield* Api.make(otherwise)
    const dataDir = yield* fs.makeTempDirectoryScoped()
    const provider = yield* Claude.make({
      apiKey: Option.some(Redacted.make(key)),
      baseUrl: Option.some(api.url),
      model: "claude-sonnet-4-5",
      dataDir,
      maxThinkingTokens: 1024,
      maxOutputTokens: 8192,
      prices: {},
      startsAtOnce: 2,
      environment: {},
      ...config
    })
    return { api, dataDir, provider }
  })

export const spec = (more: Partial<SessionSpec> = {}): SessionSpec => ({
  seat: new Seat({ roomId: RoomId.make(1), agentId: AgentId.make(1) }),
  agentName: "alice",
  model: "claude-sonnet-4-5",
  options: noChoice,
  systemPrompt: "You are Alice, who mends clocks.",
  tools: [{ name: "memorize", description: "Keeps a memory", parameters: { memory_entry: "What to remember" } }],
  resume: null,
  ...more
})

export const input = (
  text: string,
  callTool: TurnInput["callTool"] = () => Effect.succeed({ text: "kept", isError: false }),
  spend: TurnInput["spend"] = () => {}
): TurnInput => ({ ...told(text), callTool, spend })

export const play = (session: Session, text: string, callTool?: TurnInput["callTool"], spend?: TurnInput["spend"]) =>
  Effect.map(Stream.runCollect(turnOf(session, input(text, callTool, spend))), Chunk.toReadonlyArray)

/** What a turn takes that is asked for this. */
export const costOf = (session: Session, text: string) => {
  const bill = makeBill()
  return Effect.map(play(session, text, undefined, bill.spend), bill.usage)
}

export const doneOf = (events: ReadonlyArray<ProviderEvent>) => events.find(ProviderEvent.$is("Done"))

/** A session in a scope of its own, so that a test can close it and look at what remains. */
export const openIn = Effect.fnUntraced(function* (provider: Provider, more?: Partial<SessionSpec>) {
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const session = yield* Scope.extend(provider.open(spec(more)), scope)
  return { session, close: Scope.close(scope, Exit.void) }
})
