import type { McpSdkServerConfigWithInstance } from "@anthropic-ai/claude-agent-sdk"
import { Record } from "effect"
import type { ToolResult, ToolSpec } from "../../../domain/Provider.ts"
import { serverName } from "./Options.ts"
import type { Sdk } from "./Sdk.ts"

export type Call = (name: string, input: Readonly<Record<string, string>>) => Promise<ToolResult>

/** The tools as a server inside this process. */
export const serve = (sdk: Sdk, tools: ReadonlyArray<ToolSpec>, call: Call): McpSdkServerConfigWithInstance =>
  sdk.createSdkMcpServer({
    name: serverName,
    alwaysLoad: true,
    tools: tools.map(({ description, name, parameters }) => {
      const shape = Record.map(parameters, (text) => sdk.z.string().describe(text))
      return sdk.tool(name, description, shape, async (input) => {
        const { endsTurn = false, isError, text } = await call(name, input)
        return { content: [{ type: "text", text }], isError, _meta: { "claude/endTurn": endsTurn } }
      })
    })
  })
