// @effect-diagnostics-next-line nodeBuiltinImport:off
import { existsSync } from "node:fs"

/** Why the real Claude client cannot be used here; empty where it can. */
export const whyNoClaude = () => {
  const folder = "node_modules/@anthropic-ai/claude-agent-sdk-"
  const names = [`${process.platform}-${process.arch}`, `${process.platform}-${process.arch}-musl`]
  return names.some((name) => existsSync(`${folder}${name}/claude`))
    ? ""
    : "skipped: needs the client of @anthropic-ai/claude-agent-sdk, an optional package for this platform"
}
