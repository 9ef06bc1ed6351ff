import { Effect, Schema } from "effect"
import { stringify } from "../../src/lib/json.ts"
import * as StandIn from "./StandIn.ts"
import { answer, text } from "./StandIn/Answer.ts"
import type * as Protocol from "./StandIn/Protocol.ts"

export { almost, answer, answerCosting, text, thinking, toolUse, usage, withId } from "./StandIn/Answer.ts"
export * from "./StandIn/Faults.ts"

const Part = Schema.Struct({
  type: Schema.String,
  text: Schema.optional(Schema.String),
  image_url: Schema.optional(Schema.Struct({ url: Schema.String }))
})
type Part = typeof Part.Type

const Message = Schema.Struct({
  role: Schema.String,
  content: Schema.optional(Schema.NullOr(Schema.Union(Schema.String, Schema.Array(Part)))),
  tool_calls: Schema.optional(Schema.Array(Schema.Unknown)),
  tool_call_id: Schema.optional(Schema.String)
})
type Message = typeof Message.Type

const Request = Schema.Struct({
  model: Schema.String,
  stream: Schema.Literal(true),
  stream_options: Schema.optional(Schema.Struct({ include_usage: Schema.Boolean })),
  messages: Schema.Array(Message),
  tools: Schema.optional(Schema.Array(Schema.Struct({ function: Schema.Struct({ name: Schema.String }) })))
})
type Request = typeof Request.Type

export type Call = Protocol.Call<Request>
export type Reply = Protocol.Reply<Request>

const partsOf = ({ content }: Message): ReadonlyArray<Part> =>
  typeof content === "string" ? [{ type: "text", text: content }] : (content ?? [])

const textsOf = (message: Message) => partsOf(message).flatMap(({ text }) => text ?? [])

const dataUrl = /^data:([^;]+);base64,(.*)$/s

const imagesOf = (message: Message) => {
  const parts = partsOf(message)
  return parts.flatMap(({ image_url }, at) => {
    const [, media_type = "", data = ""] = dataUrl.exec(image_url?.url ?? "") ?? []
    return image_url === undefined ? [] : { label: parts[at - 1]?.text ?? "", media_type, data }
  })
}

const isSystem = ({ role }: Message) => role === "system" || role === "developer"
const isTalk = ({ role }: Message) => role === "user" || role === "assistant"

const frame = (data: unknown) => `data: ${stringify(data)}\n\n`

const chunk = (delta: Readonly<Record<string, unknown>>, finish_reason: string | null = null) =>
  frame({ id: "chatcmpl-1", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })

const delta = ({ kind }: Protocol.Content, nth: number, piece: string) => {
  switch (kind) {
    case "text":
      return { content: piece }
    case "thinking":
      return { reasoning_content: piece }
    case "tool":
      return { tool_calls: [{ index: nth, function: { arguments: piece } }] }
  }
}

const toolCall = ({ id, name }: Protocol.Content, number: number, nth: number) => ({
  tool_calls: [{ index: nth, id: id ?? `call_${number}_${nth}`, type: "function", function: { name, arguments: "" } }]
})

const usageOf = ({ cache_read_input_tokens, input_tokens, output_tokens }: Protocol.Cost) => {
  const prompt_tokens = input_tokens + cache_read_input_tokens
  const usage = {
    prompt_tokens,
    completion_tokens: output_tokens,
    total_tokens: prompt_tokens + output_tokens,
    prompt_tokens_details: { cached_tokens: cache_read_input_tokens }
  }
  return frame({ id: "chatcmpl-1", object: "chat.completion.chunk", choices: [], usage })
}

const error = (type: string, message: string) => ({ error: { message, type, param: null, code: null } })

const protocol: Protocol.Protocol<Request> = {
  decode: (body) => Effect.orDie(Schema.decode(Schema.parseJson(Request))(body)),
  said: ({ messages }) => messages.filter(isTalk).map((message) => ({ role: message.role, texts: textsOf(message) })),
  heard: ({ messages, tools = [] }) => ({
    system: messages.filter(isSystem).flatMap(textsOf).join("\n"),
    told: messages.filter(isTalk).flatMap(textsOf).join("\n"),
    images: messages.flatMap(imagesOf),
    answered: messages.flatMap(({ tool_call_id }) => tool_call_id ?? []),
    results: messages.filter(({ role }) => role === "tool").map((message) => textsOf(message).join("\n")),
    tools: tools.map((tool) => tool.function.name)
  }),
  wording: ({ stream_options }) => ({
    begin: () => [chunk({ role: "assistant", content: "" })],
    open: ({ number }, content, { nth }) => (content.kind === "tool" ? [chunk(toolCall(content, number, nth))] : []),
    delta: (content, { nth }, piece) => chunk(delta(content, nth, piece)),
    close: () => [],
    end: (contents, cost) => [
      chunk({}, contents.some(({ kind }) => kind === "tool") ? "tool_calls" : "stop"),
      ...(stream_options?.include_usage === true ? [usageOf(cost)] : []),
      "data: [DONE]\n\n"
    ],
    half: 'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"cont',
    overloaded: frame(error("overloaded_error", "Overloaded")),
    refusal: (_status, message) => error("error", message),
    tooLong: {
      error: {
        message: "This model's maximum context length is 8192 tokens. Your messages resulted in 9000 tokens.",
        type: "invalid_request_error",
        param: "messages",
        code: "context_length_exceeded"
      }
    }
  }),
  models: (ids, _, more) => ({
    object: "list",
    data: ids.map((id) => ({ id, object: "model", created: 1_700_000_000, owned_by: "nobody", ...more }))
  })
}

/** Plays an endpoint of the chat completions protocol; its address ends before `/chat/completions`. */
export const make = (otherwise: Reply = answer(text("All right."))) => StandIn.make(protocol, otherwise)
