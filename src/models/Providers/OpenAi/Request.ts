import { Array } from "effect"
import type { SessionSpec, TurnInput } from "../../../domain/Provider.ts"
import { wordsOf } from "../Http/Roles.ts"
import { inputSchema } from "../Http/Tools.ts"

/** A message as the chat completions protocol has it. */
export type Message = Readonly<Record<string, unknown>> & { readonly role: "system" | "user" | "assistant" | "tool" }

const textPart = (text: string) => ({ type: "text", text })

const imageParts = ({ bytes, label, media_type }: TurnInput["images"][number]) => {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")
  return [textPart(label), { type: "image_url", image_url: { url: `data:${media_type};base64,${data}` } }]
}

/** Texts are plain, as every server takes them; only a message with images is made of parts. */
export const messagesOf = ({ systemPrompt }: SessionSpec, input: TurnInput): ReadonlyArray<Message> => {
  const words = wordsOf(input).map(({ role, said }) => ({ role, texts: Array.map(said, ({ text }) => text) }))
  const last = words.at(-1)
  const before = last?.role === "user" ? words.slice(0, -1) : words
  const latest = last?.role === "user" ? last.texts : []
  const content =
    input.images.length === 0
      ? [...latest, input.ask].join("\n")
      : [...latest.map(textPart), ...input.images.flatMap(imageParts), textPart(input.ask)]
  return [
    { role: "system", content: systemPrompt },
    ...before.map(({ role, texts }): Message => ({ role, content: texts.join("\n") })),
    { role: "user", content }
  ]
}

/** The vendor's own models take the limit under a newer name, which other servers do not know. */
const limit = (url: string, most: number) =>
  /(^|\.)openai\.(azure\.)?com$/.test(new URL(url).hostname) ? { max_completion_tokens: most } : { max_tokens: most }

interface Endpoint {
  readonly url: string
  readonly maxOutputTokens: number
}

export const bodyOf = (
  { tools }: SessionSpec,
  model: string,
  { maxOutputTokens, url }: Endpoint,
  messages: ReadonlyArray<Message>
) => ({
  model,
  stream: true,
  stream_options: { include_usage: true },
  ...limit(url, maxOutputTokens),
  ...(tools.length === 0
    ? {}
    : {
        tools: Array.map(tools, (tool) => ({
          type: "function",
          function: { name: tool.name, description: tool.description, parameters: inputSchema(tool) }
        }))
      }),
  messages
})
