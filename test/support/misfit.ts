import { createInterface } from "node:readline"
import { Schema } from "effect"
import { stringify } from "../../src/lib/json.ts"

const [, , manner = ""] = process.argv

const Line = Schema.parseJson(
  Schema.Struct({
    type: Schema.String,
    request_id: Schema.optional(Schema.String),
    request: Schema.optional(Schema.Struct({ subtype: Schema.String }))
  })
)
const decode = Schema.decodeSync(Line)

/** Speaks just enough of the client's protocol for a turn to begin. What it does otherwise is its manner. */
const tell = (message: object) => process.stdout.write(`${stringify(message)}\n`)

const event = (event: object) =>
  tell({ type: "stream_event", event, session_id: "s", uuid: "u", parent_tool_use_id: null })

const answer = () => {
  event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "One " } })
  if (manner === "leaves in a turn") process.exit(0)
}

if (manner === "leaves at once") process.exit(0)
if (manner === "fills stderr") for (let n = 0; n < 64; n++) process.stderr.write(`${"x".repeat(131_071)}\n`)
// Nothing but a SIGKILL ends it: no signal, and no end of its input.
process.on("SIGTERM", () => {})
// @effect-diagnostics-next-line globalTimers:off
setInterval(() => {}, 1000)

createInterface({ input: process.stdin }).on("line", (line) => {
  const { request, request_id, type } = decode(line)
  if (type === "user") answer()
  if (request?.subtype === "initialize")
    tell({
      type: "control_response",
      response: { subtype: "success", request_id, response: { commands: [], models: [] } }
    })
})
