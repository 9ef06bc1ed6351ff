import { Effect, Schema } from "effect"
import { stringify } from "../../src/lib/json.ts"
import * as StandIn from "./StandIn.ts"
import { answer, text } from "./StandIn/Answer.ts"
import type * as Protocol from "./StandIn/Protocol.ts"

export { almost, answer, answerCosting, text, thinking, toolUse, usage, withId } from "./StandIn/Answer.ts"
export * from "./StandIn/Faults.ts"

const Block = Schema.Struct({
  type: Schema.String,
  text: Schema.optional(Schema.String),
  content: Schema.optional(Schema.Unknown),
  is_error: Schema.optional(Schema.Boolean),
  tool_use_id: Schema.optional(Schema.String),
  source: Schema.optional(Schema.Struct({ media_type: Schema.String, data: Schema.String }))
})
type Block = typeof Block.Type

const Request = Schema.Struct({
  model: Schema.String,
  thinking: Schema.optional(Schema.Unknown),
  system: Schema.optionalWith(Schema.Array(Schema.Struct({ text: Schema.String })), { default: () => [] }),
  messages: Schema.Array(
    Schema.Struct({ role: Schema.String, content: Schema.Union(Schema.String, Schema.Array(Block)) })
  ),
  tools: Schema.optional(Schema.Array(Schema.Struct({ name: Schema.String, description: Schema.String })))
})
type Request = typeof Request.Type

export type Call = Protocol.Call<Request>
export type Reply = Protocol.Reply<Request>

interface Frame extends Readonly<Record<string, unknown>> {
  readonly type: string
}

const frame = (event: Frame) => `event: ${event.type}\ndata: ${stringify(event)}\n\n`

// The client joins messages of one id, so each has its own.
const message = (number: number, model: string, cost: Protocol.Cost) => ({
  id: `msg_${number}`,
  type: "message",
  role: "assistant",
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { ...cost, output_tokens: 1 }
})

const blocksOf = ({ messages }: Request) =>
  messages.flatMap(({ content }): ReadonlyArray<Block> =>
    typeof content === "string" ? [{ type: "text", text: content }] : content
  )

const textsOf = (content: string | ReadonlyArray<Block>) =>
  typeof content === "string" ? [content] : content.flatMap(({ text }) => text ?? [])

const Texts = Schema.Union(Schema.String, Schema.Array(Schema.Struct({ text: Schema.String })))

const resultOf = ({ content }: Block) => {
  const result = Schema.decodeUnknownSync(Texts)(content ?? "")
  return typeof result === "string" ? result : result.map(({ text }) => text).join("\n")
}

/** A client may have the tools under names of its own. */
const toolName = ({ heard: { tools } }: Protocol.Call, name: string) =>
  tools.find((tool) => tool.endsWith(`__${name}`)) ?? name

const opening = (call: Protocol.Call, { id, kind, name }: Protocol.Content, { index }: Protocol.Place) => {
  switch (kind) {
    case "text":
      return { type: "text", text: "" }
    case "thinking":
      return { type: "thinking", thinking: "", signature: "" }
    case "tool":
      return { type: "tool_use", id: id ?? `toolu_${call.number}_${index}`, name: toolName(call, name), input: {} }
  }
}

const delta = (kind: Protocol.Content["kind"], piece: string) => {
  switch (kind) {
    case "text":
      return { type: "text_delta", text: piece }
    case "thinking":
      return { type: "thinking_delta", thinking: piece }
    case "tool":
      return { type: "input_json_delta", partial_json: piece }
  }
}

const kinds: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  529: "overloaded_error"
}

const error = (type: string, message: string) => ({ type: "error", error: { type, message } })

const protocol: Protocol.Protocol<Request> = {
  decode: (body) => Effect.orDie(Schema.decode(Schema.parseJson(Request))(body)),
  said: ({ messages }) => messages.map(({ content, role }) => ({ role, texts: textsOf(content) })),
  heard: (request) => {
    const blocks = blocksOf(request)
    return {
      system: request.system.map(({ text }) => text).join("\n"),
      told: blocks.flatMap(({ text }) => text ?? []).join("\n"),
      images: blocks.flatMap(({ source }, at) =>
        source === undefined ? [] : { ...source, label: blocks[at - 1]?.text ?? "" }
      ),
      answered: blocks.flatMap(({ tool_use_id }) => tool_use_id ?? []),
      results: blocks.filter(({ type }) => type === "tool_result").map(resultOf),
      tools: (request.tools ?? []).map(({ name }) => name)
    }
  },
  wording: ({ model }) => ({
    begin: ({ number }, cost) => [frame({ type: "message_start", message: message(number, model, cost) })],
    open: (call, content, place) => [
      frame({ type: "content_block_start", index: place.index, content_block: opening(call, content, place) })
    ],
    delta: ({ kind }, { index }, piece) => frame({ type: "content_block_delta", index, delta: delta(kind, piece) }),
    close: (_content, { index }) => [frame({ type: "content_block_stop", index })],
    end: (contents, usage) => {
      const stop_reason = contents.some(({ kind }) => kind === "tool") ? "tool_use" : "end_turn"
      return [
        frame({ type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage }),
        frame({ type: "message_stop" })
      ]
    },
    half: 'event: content_block_delta\ndata: {"type":"content_bl',
    overloaded: frame(error("overloaded_error", "Overloaded")),
    refusal: (status, message) => error(kinds[status] ?? "invalid_request_error", message),
    tooLong: error("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")
  }),
  models: (ids, query, more) => {
    const after = query.get("after_id")
    const rest = after === null ? ids : ids.slice(ids.indexOf(after) + 1)
    const page = rest.slice(0, Number(query.get("limit") ?? 20))
    return {
      data: page.map((id) => ({
        type: "model",
        id,
        display_name: `Name of ${id}`,
        created_at: "2026-01-01T00:00:00Z",
        ...more
      })),
      has_more: page.length < rest.length,
      first_id: page[0] ?? null,
      last_id: page.at(-1) ?? null
    }
  }
}

/** Plays the Messages API. */
export const make = (otherwise: Reply = answer(text("All right."))) => StandIn.make(protocol, otherwise)
