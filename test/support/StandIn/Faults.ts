import { Effect } from "effect"
import { stringify } from "../../../src/lib/json.ts"
import { answer, begin, usage } from "./Answer.ts"
import { Cut, type Piece, type Reply } from "./Protocol.ts"

const ending = (end: Reply): Piece & Effect.Effect<never, Cut> => Effect.suspend(() => new Cut({ end }))

const write =
  (bytes: (call: Parameters<Reply>[1]) => string | Uint8Array): Reply =>
  (response, call) =>
    Effect.async<void>((resume) => {
      response.write(bytes(call), () => resume(Effect.void))
    })

const breakOff: Reply = (response) => Effect.sync(() => void response.socket?.end())

const both =
  (first: Reply, second: Reply): Reply =>
  (response, call) =>
    Effect.zipRight(first(response, call), second(response, call))

const half = write(({ wording }) => wording.half)

/** Breaks the connection off in the middle of an event. */
export const cut = ending(both(half, breakOff))

/** Sends half an event and then nothing more. */
export const halfway = ending(both(half, () => Effect.never))

/** Ends the answer as if all had been said, but for the events that say so. */
export const fallSilent = ending((response) => Effect.sync(() => void response.end()))

/** Ends the answer without an end to the block under way. */
export const unclosed = ending((response, call) =>
  Effect.sync(() => {
    for (const frame of call.wording.end([], usage)) response.write(frame)
    response.end()
  })
)

/** Reports in the middle of an answer that it cannot go on. */
export const overload = ending((response, call) => Effect.sync(() => void response.end(call.wording.overloaded)))

/** An event that is none. */
export const garbage = ending((response) => Effect.sync(() => void response.end('data: {"choi\u0000ces" <html>\n\n')))

/** Ends within a letter. */
export const truncatedUtf8 = ending(
  both(
    write(({ wording }) => Buffer.concat([Buffer.from(wording.half), Buffer.from([0xe2, 0x82])])),
    breakOff
  )
)

/** Accepts, begins to stream, and then reports that it cannot go on. */
export const stumble: Reply = answer(overload)

/** Refuses with the status, and repeats the key as a careless provider might. */
export const refuse =
  (status: number, headers: Readonly<Record<string, string>> = {}): Reply =>
  (response, call) =>
    Effect.sync(() => {
      const key = call.headers["x-api-key"] ?? call.headers.authorization
      response.writeHead(status, { "content-type": "application/json", ...headers })
      response.end(stringify(call.wording.refusal(status, `refused ${key}`)))
    })

/** Refuses with these very words. */
export const refuseSaying =
  (status: number, body: unknown): Reply =>
  (response) =>
    Effect.sync(() => {
      response.writeHead(status, { "content-type": typeof body === "string" ? "text/html" : "application/json" })
      response.end(typeof body === "string" ? body : stringify(body))
    })

/** Refuses a conversation that has become longer than the model can read. */
export const tooLong: Reply = (response, call) =>
  Effect.sync(() => {
    response.writeHead(400, { "content-type": "application/json" })
    response.end(stringify(call.wording.tooLong))
  })

/** Never answers, not even with headers. */
export const silence: Reply = () => Effect.never

/** Sends its headers and then nothing. */
export const headersOnly: Reply = (response) =>
  Effect.suspend(() => {
    begin(response).flushHeaders()
    return Effect.never
  })

/** Ends before the first event. */
export const nothing: Reply = (response) => Effect.sync(() => void begin(response).end())

/** Answers as something else than the vendor would. */
export const stranger: Reply = (response) =>
  Effect.sync(() => {
    response.writeHead(200, { "content-type": "text/html" })
    response.end("<html><body>It works!</body></html>")
  })

/** Breaks the connection off before the headers. */
export const hangUp: Reply = (response) => Effect.sync(() => void response.socket?.destroy())
