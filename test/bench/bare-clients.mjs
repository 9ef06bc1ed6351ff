// The ceilings of the providers: the vendor's own client, and node:http with the frames read by hand.
import { query } from "@anthropic-ai/claude-agent-sdk"
import { Agent, request } from "node:http"

/** One process, told and heard as the SDK does it. */
export const sdk = (options) => async (resume) => {
  let tell
  const prompt = new ReadableStream({
    start: (controller) => {
      tell = controller
    }
  })
  const running = query({ prompt, options: { ...options, ...(resume === null ? {} : { resume }) } })
  let hear = () => {}
  const listen = async () => {
    for await (const message of running) hear(message)
  }
  const over = listen()
  const turn = (content, onText) => {
    const ended = new Promise((resolve) => {
      hear = ({ event, session_id, type }) => {
        if (event?.delta?.type === "text_delta") onText(event.delta.text)
        if (type === "result") resolve(session_id)
      }
    })
    tell.enqueue({ type: "user", message: { role: "user", content }, parent_tool_use_id: null })
    return Promise.race([ended, over])
  }
  const close = () => {
    running.close()
    return over
  }
  return { turn, close }
}

const agent = new Agent({ keepAlive: true })

/** `textOf` finds the text in a frame of the stream. */
export const http = (url, bodyOf, textOf) => async () => {
  const turn = (text, onText) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(bodyOf(text))
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
      const asked = request(url, { method: "POST", agent, headers }, (response) => {
        let rest = ""
        response.setEncoding("utf8")
        response.on("data", (chunk) => {
          const frames = (rest + chunk).split("\n\n")
          rest = frames.pop()
          for (const frame of frames) {
            const data = frame.slice(frame.indexOf("data: ") + 6)
            const said = data === "[DONE]" ? undefined : textOf(JSON.parse(data))
            if (said) onText(said)
          }
        })
        response.on("end", () => resolve(null))
        response.on("error", reject)
      })
      asked.on("error", reject)
      asked.end(body)
    })
  return { turn, close: async () => {} }
}
