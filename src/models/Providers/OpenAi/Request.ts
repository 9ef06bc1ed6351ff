import { Array, Struct } from "effect"
import type { SessionSpec, TurnInput } from "../../../domain/Provider.ts"
import { outputTokens, type RequestField, type ModelTraits } from "../../../domain/ModelTraits.ts"
import { wordsOf } from "../Http/Roles.ts"
import { inputSchema } from "../Http/Tools.ts"
import type { Sent } from "../Learn.ts"

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
const limitNames = (url: string) =>
  /(^|\.)openai\.(azure\.)?com$/.test(new URL(url).hostname)
    ? (["max_completion_tokens", "max_tokens"] as const)
    : (["max_tokens", "max_completion_tokens"] as const)

interface Endpoint {
  readonly url: string
  readonly maxOutputTokens: number
}

/** The optional fields of a request to a model with these traits. */
const fieldsFor = ({ options, tools }: SessionSpec, { without }: ModelTraits, { url }: Endpoint) => {
  const takes = (field: RequestField) => !without.includes(field)
  return {
    tools: tools.length > 0 && takes("tools"),
    stream_options: takes("stream_options"),
    temperature: options.temperature !== null && takes("temperature"),
    system: takes("system"),
    limit: limitNames(url).find(takes)
  }
}

const limitFor = ({ options }: SessionSpec, traits: ModelTraits, { maxOutputTokens }: Endpoint) =>
  outputTokens(traits, options.max_output_tokens ?? maxOutputTokens)

/** A model that takes no system message is told the same before the first words of the others. */
const withoutSystem = ([system, ...rest]: ReadonlyArray<Message>): ReadonlyArray<Message> => {
  const told = textPart(String(system?.["content"]))
  const [first, ...later] = rest
  if (first?.role !== "user") return [{ role: "user", content: told.text }, ...rest]
  const { content } = first
  return [{ ...first, content: Array.isArray(content) ? [told, ...content] : `${told.text}\n\n${content}` }, ...later]
}

/** The body of a request, and which of its fields another model may not take. */
export const requestOf = (
  spec: SessionSpec,
  traits: ModelTraits,
  endpoint: Endpoint,
  messages: ReadonlyArray<Message>
) => {
  const { limit, ...others } = fieldsFor(spec, traits, endpoint)
  const maxOutputTokens = limitFor(spec, traits, endpoint)
  const names = [...Struct.keys(others).filter((name) => others[name]), ...(limit === undefined ? [] : [limit])]
  const sent: Sent = { fields: new Set(names), maxOutputTokens }
  const body = {
    model: traits.model,
    stream: true,
    ...(others.stream_options ? { stream_options: { include_usage: true } } : {}),
    ...(limit === undefined ? {} : { [limit]: maxOutputTokens }),
    ...(others.temperature ? { temperature: spec.options.temperature } : {}),
    ...(!others.tools
      ? {}
      : {
          tools: Array.map(spec.tools, (tool) => ({
            type: "function",
            function: { name: tool.name, description: tool.description, parameters: inputSchema(tool) }
          }))
        }),
    messages: others.system ? messages : withoutSystem(messages)
  }
  return { body, sent }
}
