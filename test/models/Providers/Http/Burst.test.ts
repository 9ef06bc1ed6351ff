import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { createServer, type ServerResponse } from "node:http"
import { input, spec } from "../../../support/ClaudeHouse.ts"
import { anthropicAt, openAiAt } from "../../../support/HttpHouse.ts"
import { heardIn } from "../../../support/answered.ts"
import { turnOf } from "../../../support/turns.ts"

const chat = {
  delta: (text: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`,
  begin: "",
  end: `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`
}

const event = (type: string, rest: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`

const usage = { input_tokens: 1, output_tokens: 1 }

const messages = {
  delta: (text: string) => event("content_block_delta", { index: 0, delta: { type: "text_delta", text } }),
  begin:
    event("message_start", { message: { id: "m", model: "m", role: "assistant", content: [], usage } }) +
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
  end:
    event("content_block_stop", { index: 0 }) +
    event("message_delta", { delta: { stop_reason: "end_turn" }, usage }) +
    event("message_stop", {})
}

type Way = (response: ServerResponse, pieces: ReadonlyArray<string>) => void

const ways: Readonly<Record<string, Way>> = {
  "a chunk for each word": (response, pieces) => {
    for (const piece of pieces) response.write(piece)
    response.end()
  },
  "one after the other, as they are taken": (response, pieces) => {
    const more = (from: number) => {
      let at = from
      while (at < pieces.length && response.write(pieces[at++])) continue
      if (at < pieces.length) response.once("drain", () => more(at))
      else response.end()
    }
    more(0)
  },
  "all at once": (response, pieces) => void response.end(pieces.join(""))
}

/** An endpoint that answers everything with these pieces. */
const endpoint = (pieces: ReadonlyArray<string>, way: Way) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer((request, response) => {
        request.resume()
        response.writeHead(200, { "content-type": "text/event-stream" })
        way(response, pieces)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close: () => server.closeAllConnections() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

describe("an answer that comes faster than it is read", () => {
  for (const [name, api, at] of [
    ["openai", chat, openAiAt],
    ["anthropic", messages, anthropicAt]
  ] as const) {
    for (const [how, way] of Object.entries(ways)) {
      it.scopedLive(`is heard whole through ${name}, ${how}`, () =>
        Effect.gen(function* () {
          const words = Array.from({ length: 40_000 }, (_, number) => `${number} `)
          const { url } = yield* endpoint([api.begin, ...words.map(api.delta), api.end].filter(Boolean), way)
          const session = yield* (yield* at(url)).open(spec())
          const heard = yield* Stream.runCollect(turnOf(session, input("Count")))

          const { text } = heardIn([...heard])
          assertEquals(text.length, words.join("").length)
          assertTrue(text === words.join(""))
        })
      )
    }
  }
})
