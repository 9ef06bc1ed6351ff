import type { Options } from "@anthropic-ai/claude-agent-sdk"
import { type Effect, Option, Redacted } from "effect"
import { type Model, type SessionSpec, turnLimits } from "../../../domain/Provider.ts"
import type { KnownModels } from "../../../domain/ModelTraits.ts"
import type { Prices } from "../Prices.ts"
import type { Bookmark } from "./Bookmark.ts"
import type { Processes } from "./Processes.ts"

export interface ClaudeConfig {
  /** None where `environment` names another way in: Bedrock, Vertex, a gateway's token. */
  readonly apiKey: Option.Option<Redacted.Redacted>
  readonly baseUrl: Option.Option<string>
  readonly model: string
  /** The client keeps its own files below this folder, which nobody else may read. */
  readonly dataDir: string
  /** 0 turns thinking off. */
  readonly maxThinkingTokens: number
  readonly maxOutputTokens: number
  /** For what the client has not summed up yet. */
  readonly prices: Prices
  /** How many processes may be starting at the same time; as many as there are cores when absent. */
  readonly startsAtOnce?: number
  /** Words to put before a process's own when it is started; absent, those that let it die with the server. */
  readonly launcher?: ReadonlyArray<string>
  /** All that a process gets of the server's environment: `PATH`, proxies, certificates, another way in. */
  readonly environment: Readonly<Record<string, string>>
}

/** What all sessions share. */
export interface Client extends ClaudeConfig {
  readonly folders: Readonly<Record<"home" | "config" | "work" | "temp" | "processes", string>>
  readonly launcher: ReadonlyArray<string>
  readonly processes: Processes
  /** How the client's own record of a session begins; empty when there is none. */
  readonly beginningOf: (bookmark: Bookmark) => Effect.Effect<string>
  /**
   * The client's program, once it was found: each search is a report on the whole process, with the name of every peer.
   */
  readonly program: () => string | null
  /** Called with the program that a process was started from. */
  readonly found: (program: string) => void
  /** Called with the models that a process has listed. */
  readonly learn: (models: ReadonlyArray<Model>) => void
  /** What is known of the models. */
  readonly traits: KnownModels
  /** Makes a text fit to show. */
  readonly hide: (text: string) => string
}

/** The name that our tools have as a server. */
export const serverName = "parley"

/** What of the SDK's options does not depend on the running session. */
export const optionsFor = (client: Client, spec: SessionSpec, bookmark: Bookmark | null): Options => ({
  model: spec.model,
  // Without a snapshot: the prompt given now is the one the model gets, also when the session is resumed.
  systemPrompt: { type: "custom", prompt: spec.systemPrompt, snapshot: false },
  ...(bookmark === null ? {} : { resume: bookmark.session, resumeSessionAt: bookmark.entry }),
  ...programOf(client),
  cwd: client.folders.work,
  env: environment(client, limitsOf(client, spec)),
  includePartialMessages: true,
  // Counted anew for each turn.
  maxTurns: turnLimits.requests,
  // Otherwise `@/path` in a message puts that file of the server into the prompt, and `/clear` is a command.
  verbatimPrompts: true,
  settingSources: [],
  strictMcpConfig: true,
  mcpServersDelivery: "initialize",
  tools: [],
  allowedTools: spec.tools.map(({ name }) => `mcp__${serverName}__${name}`),
  permissionMode: "dontAsk",
  thinking: thinking(limitsOf(client, spec))
})

const limitsOf = (client: Client, { options }: SessionSpec) => ({
  output: options.max_output_tokens ?? client.maxOutputTokens,
  thoughts: options.thinking ?? client.maxThinkingTokens
})
type Limits = ReturnType<typeof limitsOf>

const thinking = ({ thoughts }: Limits): NonNullable<Options["thinking"]> =>
  thoughts === 0 ? { type: "disabled" } : { type: "enabled", budgetTokens: thoughts, display: "summarized" }

const programOf = ({ program }: Client) => {
  const path = program()
  return path === null ? {} : { pathToClaudeCodeExecutable: path }
}

// Longer than any deadline of ours, so that ours decide.
const patience = "3600000"

const environment = (
  { apiKey, baseUrl, environment, folders }: Client,
  { output, thoughts }: Limits
): Record<string, string> => ({
  PATH: "/usr/local/bin:/usr/bin:/bin",
  ...environment,
  ...Option.match(apiKey, { onNone: () => ({}), onSome: (key) => ({ ANTHROPIC_API_KEY: Redacted.value(key) }) }),
  ...Option.match(baseUrl, { onNone: () => ({}), onSome: (url) => ({ ANTHROPIC_BASE_URL: url }) }),
  HOME: folders.home,
  CLAUDE_CONFIG_DIR: folders.config,
  CLAUDE_CODE_TMPDIR: folders.temp,
  CLAUDE_AGENT_SDK_CLIENT_APP: "parley",
  // No reminders of the machine, its folders and its date around what people write.
  CLAUDE_CODE_SIMPLE: "1",
  CLAUDE_CODE_DISABLE_FILE_MENTIONS: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  // A session that is full is given up for a new one from the room's log; no summary comes between.
  DISABLE_AUTO_COMPACT: "1",
  // An answer that does not come as a stream would reach nobody.
  CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: "1",
  // The least with which the client tells why it would ask again, and when. It never comes to that: the turn ends
  // there.
  CLAUDE_CODE_MAX_RETRIES: "1",
  // Thoughts count towards it.
  CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(output + thoughts),
  API_TIMEOUT_MS: patience,
  CLAUDE_STREAM_FIRST_BYTE_TIMEOUT_MS: patience
})
