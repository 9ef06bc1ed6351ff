import { Effect } from "effect"

const loaded = () =>
  Promise.all([import("@anthropic-ai/claude-agent-sdk"), import("zod")]).then(
    ([{ createSdkMcpServer, query, tool }, { z }]) => ({ createSdkMcpServer, query, tool, z })
  )

export type Sdk = Awaited<ReturnType<typeof loaded>>

/** The SDK costs 0.2 s and 30 MB to load, so a server that opens no session goes without. */
export const load = Effect.promise(loaded)
