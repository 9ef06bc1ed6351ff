import { Data, Deferred, Effect, FiberSet, Queue, Schema } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import { stringify } from "../../src/lib/json.ts"

const Block = Schema.Struct({
  type: Schema.String,
  text: Schema.optional(Schema.String),
  content: Schema.optional(Schema.Unknown),
  is_error: Schema.optional(Schema.Boolean)
})

const Request = Schema.parseJson(
  Schema.Struct({
    model: Schema.String,
    thinking: Schema.optional(Schema.Unknown),
    system: Schema.Array(Schema.Struct({ text: Schema.String })),
    messages: Schema.Array(
      Schema.Struct({ role: Schema.String, content: Schema.Union(Schema.String, Schema.Array(Block)) })
    ),
    tools: Schema.optional(Schema.Array(Schema.Struct({ name: Schema.String, description: Schema.String })))
  })
)

/** A request as it came over the wire. */
export interface Call {
  /** Counted from 1. */
  readonly number: number
  readonly body: string
  readonly headers: IncomingHttpHeaders
  readonly request: typeof Request.Type
  /** The text blocks of each message. */
  readonly said: ReadonlyArray<{ readonly role: string; readonly texts: ReadonlyArray<string> }>
  /** Done when the connection is over: true when the answer had been sent whole, false when the client left. */
  readonly closed: Deferred.Deferred<boolean>
}

class Cut extends Data.TaggedError("Cut")<{ readonly end: (response: ServerResponse) => Effect.Effect<void> }> {}

/** A delta, or something to wait for before the next one. */
type Piece = string | Effect.Effect<void, Cut>

interface Content {
  readonly start: (call: Call) => { readonly type: string } & Readonly<Record<string, unknown>>
  readonly delta: (text: string) => Readonly<Record<string, unknown>>
  readonly pieces: ReadonlyArray<Piece>
}

export type Reply = (response: ServerResponse, call: Call) => Effect.Effect<void>

/** Breaks the connection off in the middle of an event. */
export const cut: Piece = Effect.suspend(() => new Cut({ end: breakOff }))

/** Reports in the middle of an answer that it cannot go on. */
export const overload: Piece = Effect.suspend(() => new Cut({ end: giveUp }))

export const text = (...pieces: ReadonlyArray<Piece>): Content => ({
  start: () => ({ type: "text", text: "" }),
  delta: (text) => ({ type: "text_delta", text }),
  pieces
})

export const thinking = (...pieces: ReadonlyArray<Piece>): Content => ({
  start: () => ({ type: "thinking", thinking: "", signature: "" }),
  delta: (thinking) => ({ type: "thinking_delta", thinking }),
  pieces
})

/** Calls one of our tools; `pieces` are parts of its input as JSON. */
export const toolUse = (name: string, ...pieces: ReadonlyArray<Piece>): Content => ({
  start: ({ number }) => ({ type: "tool_use", id: `toolu_${number}_${name}`, name: `mcp__parley__${name}`, input: {} }),
  delta: (partial_json) => ({ type: "input_json_delta", partial_json }),
  pieces
})

/** What every answer costs. */
export const usage = { input_tokens: 10, output_tokens: 7, cache_read_input_tokens: 3, cache_creation_input_tokens: 4 }

/** Streams an answer, event by event. */
export const answer = (...contents: ReadonlyArray<Content>): Reply => answerCosting(usage, ...contents)

export const answerCosting =
  (cost: typeof usage, ...contents: ReadonlyArray<Content>): Reply =>
  (response, call) => {
    const send = (event: { readonly type: string } & Readonly<Record<string, unknown>>) =>
      Effect.sync(() => response.write(frame(event)))
    const stream = ({ delta, pieces, start }: Content, index: number) =>
      Effect.all([
        send({ type: "content_block_start", index, content_block: start(call) }),
        Effect.forEach(pieces, (piece) =>
          typeof piece === "string" ? send({ type: "content_block_delta", index, delta: delta(piece) }) : piece
        ),
        send({ type: "content_block_stop", index })
      ])
    const stop_reason = contents.some(({ start }) => start(call).type === "tool_use") ? "tool_use" : "end_turn"
    return Effect.gen(function* () {
      response.writeHead(200, { "content-type": "text/event-stream" })
      yield* send({ type: "message_start", message: message(call, cost) })
      yield* Effect.forEach(contents, stream)
      yield* send({ type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: cost })
      yield* send({ type: "message_stop" })
      response.end()
    }).pipe(Effect.catchTag("Cut", ({ end }) => end(response)))
  }

/** Accepts, begins to stream, and then reports that it cannot go on. */
export const stumble: Reply = (response, call) =>
  Effect.suspend(() => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(frame({ type: "message_start", message: message(call, usage) }))
    return giveUp(response)
  })

const frame = (event: { readonly type: string } & Readonly<Record<string, unknown>>) =>
  `event: ${event.type}\ndata: ${stringify(event)}\n\n`

const giveUp = (response: ServerResponse) =>
  Effect.sync(() => {
    response.end(frame({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }))
  })

const breakOff = (response: ServerResponse) =>
  Effect.async<void>((resume) => {
    response.write('event: content_block_delta\ndata: {"type":"content_bl', () => {
      response.socket?.end()
      resume(Effect.void)
    })
  })

// The client joins messages of one id, so each has its own.
const message = ({ number, request: { model } }: Call, cost: typeof usage) => ({
  id: `msg_${number}`,
  type: "message",
  role: "assistant",
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { ...cost, output_tokens: 1 }
})

/** Refuses with the status, and repeats the key as a careless provider might. */
export const refuse =
  (status: number, headers: Readonly<Record<string, string>> = {}): Reply =>
  (response, call) =>
    Effect.sync(() => {
      const error = { type: "error", message: `refused ${call.headers["x-api-key"]}` }
      response.writeHead(status, { "content-type": "application/json", ...headers })
      response.end(stringify({ type: "error", error }))
    })

/** Refuses a conversation that has become longer than the model can read. */
export const tooLong: Reply = (response) =>
  Effect.sync(() => {
    const error = { type: "invalid_request_error", message: "prompt is too long: 210000 tokens > 200000 maximum" }
    response.writeHead(400, { "content-type": "application/json" })
    response.end(stringify({ type: "error", error }))
  })

/** Never answers, not even with headers. */
export const silence: Reply = () => Effect.never

const textsOf = (content: string | ReadonlyArray<typeof Block.Type>) =>
  typeof content === "string" ? [content] : content.flatMap(({ text }) => text ?? [])

/**
 * Plays the Messages API on loopback for as long as the scope is open. The replies are used in order; after the last
 * one `otherwise` answers.
 */
export const make = Effect.fnUntraced(function* (otherwise: Reply = answer(text("All right."))) {
  const run = yield* FiberSet.makeRuntime<never>()
  const arrived = yield* Queue.unbounded<Call>()
  const calls: Array<Call> = []
  const replies: Array<Reply> = []

  const receive = Effect.fnUntraced(function* (body: string, headers: IncomingHttpHeaders, response: ServerResponse) {
    const request = yield* Effect.orDie(Schema.decode(Request)(body))
    const closed = yield* Deferred.make<boolean>()
    const said = request.messages.map(({ content, role }) => ({ role, texts: textsOf(content) }))
    const call = { number: calls.length + 1, body, headers, request, said, closed }
    calls.push(call)
    yield* Queue.offer(arrived, call)
    const reply = replies.shift() ?? otherwise
    const left = Effect.async<void>((resume) => {
      response.once("close", () => resume(Deferred.succeed(closed, response.writableFinished)))
    })
    yield* Effect.raceFirst(left, Effect.zipRight(reply(response, call), Effect.never))
  })

  const server = createServer((request, response) => {
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => run(receive(Buffer.concat(parts).toString(), request.headers, response)))
  })
  const listening = Effect.async<string>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed(`http://127.0.0.1:${port}`))
    })
  })
  const url = yield* Effect.acquireRelease(listening, () =>
    Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
  )
  return {
    url,
    calls,
    /** The next request that nobody has asked for yet. */
    next: Queue.take(arrived),
    reply: (...more: ReadonlyArray<Reply>) => Effect.sync(() => replies.push(...more))
  }
})
