#!/usr/bin/env bash
# Claude Agent SDK: a request that the API calls invalid is asked again, each time in another way.
#
# What one would guess: a 400 `invalid_request_error` is final, so one prompt makes one request.
# What happens: the client of @anthropic-ai/claude-agent-sdk 0.3.330 makes three requests for one prompt, whatever the
# error says. The second leaves out the beta `thinking-token-count`, the third also `thinking-display-updates` and what
# belongs to it in the field `thinking`. Only the last error is reported.
# Why it matters: limits and meters that count prompts are wrong by a factor of three, and a gateway that answers 400 for
# a reason of its own logs three different requests for one prompt. `CLAUDE_CODE_MAX_RETRIES` does not change it.
#
# Seen:
#   requests: 3
#   different bodies or headers: 3
#   result: error, 400
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact @anthropic-ai/claude-agent-sdk@0.3.330 zod@4.6.7 >/dev/null
cat >look.mjs <<'JS'
import { createServer } from "node:http"
import { createHash } from "node:crypto"
import { query } from "@anthropic-ai/claude-agent-sdk"

const seen = []
const server = createServer((request, response) => {
  let body = ""
  request.on("data", (part) => (body += part))
  request.on("end", () => {
    if (request.method === "POST" && request.url.startsWith("/v1/messages") && !request.url.includes("count_tokens")) {
      const told = JSON.stringify([request.headers["anthropic-beta"], Object.keys(JSON.parse(body)).sort()])
      seen.push(createHash("sha256").update(told).digest("hex"))
    }
    response.writeHead(400, { "content-type": "application/json" })
    const error = { type: "invalid_request_error", message: "messages: something is wrong" }
    response.end(JSON.stringify({ type: "error", error }))
  })
}).listen(0, "127.0.0.1")
await new Promise((resolve) => server.once("listening", resolve))

const home = process.cwd()
const env = {
  PATH: process.env.PATH,
  HOME: home,
  CLAUDE_CONFIG_DIR: `${home}/config`,
  ANTHROPIC_API_KEY: "sk-not-a-real-key",
  ANTHROPIC_BASE_URL: `http://127.0.0.1:${server.address().port}`,
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  CLAUDE_CODE_MAX_RETRIES: "0"
}
let result = ""
try {
  for await (const message of query({ prompt: "Hello", options: { env, tools: [], settingSources: [], model: "claude-sonnet-4-5" } })) {
    if (message.type === "result") result = `${message.is_error ? "error" : "success"}, ${message.api_error_status ?? ""}`
  }
} catch {}
console.log(`requests: ${seen.length}`)
console.log(`different bodies or headers: ${new Set(seen).size}`)
console.log(`result: ${result}`)
server.close()
server.closeAllConnections()
JS
timeout 80 node look.mjs | tee seen
diff seen - <<'SEEN'
requests: 3
different bodies or headers: 3
result: error, 400
SEEN
