import { Array, Struct } from "effect"
import type { SessionSpec, TurnInput } from "../../../domain/Provider.ts"
import { outputTokens, type RequestField, type ModelTraits } from "../../../domain/ModelTraits.ts"
import { wordsOf, type Words } from "../Http/Roles.ts"
import { inputSchema } from "../Http/Tools.ts"
import type { Sent } from "../Learn.ts"

/** A block of content as the Messages API has it. */
export type Block = Readonly<Record<string, unknown>>

export interface Message {
  readonly role: "user" | "assistant"
  readonly content: ReadonlyArray<Block>
}

interface Limits {
  readonly maxOutputTokens: number
  /** 0 leaves it to the model. */
  readonly maxThinkingTokens: number
}

/** What stands before it is read from the cache the next time. */
const cached = { cache_control: { type: "ephemeral" } }

const textBlock = (text: string, mark: object = {}): Block => ({ type: "text", text, ...mark })

const imageBlocks = ({ bytes, label, media_type }: TurnInput["images"][number]): ReadonlyArray<Block> => {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")
  return [textBlock(label), { type: "image", source: { type: "base64", media_type, data } }]
}

/**
 * The messages of a turn, with a block for each part, so that those of the next turn begin with the same blocks. The
 * cache is kept up to the newest part; the newest one that was told before is marked too, for the API looks back only
 * twenty blocks from a mark.
 */
export const messagesOf = (input: TurnInput): ReadonlyArray<Message> => {
  const words = wordsOf(input)
  const all = words.flatMap(({ said }) => said)
  const marked = new Set([all.at(-1), all.findLast(({ isKnown }) => isKnown)])
  const told = words.map(({ role, said }: Words): Message => ({
    role,
    content: said.map((it) => textBlock(it.text, marked.has(it) ? cached : {}))
  }))
  const tail = [...input.images.flatMap(imageBlocks), textBlock(input.ask)]
  const last = told.at(-1)
  return last?.role === "user"
    ? [...told.slice(0, -1), { role: "user", content: [...last.content, ...tail] }]
    : [...told, { role: "user", content: tail }]
}

const smallestBudget = 1024

// Later Claude models choose for themselves how long they think, and refuse a budget.
const choosesItself = /claude-(?!3|instant|(opus|sonnet|haiku)-4(?![-.][7-9]))/

interface Bounds {
  /** Thoughts and words together. */
  readonly max_tokens: number
  /** Null for a model that does not think, or decides for itself. */
  readonly budget: number | null
}

const boundsFor = ({ options }: SessionSpec, traits: ModelTraits, limits: Limits): Bounds => {
  const maxOutputTokens = options.max_output_tokens ?? limits.maxOutputTokens
  const maxThinkingTokens = options.thinking ?? limits.maxThinkingTokens
  const thinks = maxThinkingTokens > 0 && !traits.without.includes("thinking")
  const wanted = thinks ? Math.max(smallestBudget, maxThinkingTokens) : 0
  const max_tokens = outputTokens(traits, maxOutputTokens + wanted)
  const budget = Math.min(wanted, Math.floor(max_tokens / 2))
  return { max_tokens, budget: budget < smallestBudget ? null : budget }
}

const thinking = (model: string, { budget }: Bounds) => {
  if (budget === null) return {}
  return choosesItself.test(model)
    ? { thinking: { type: "adaptive", display: "summarized" } }
    : { thinking: { type: "enabled", budget_tokens: budget } }
}

/** The API takes it from 0 to 1, and not beside thinking. */
const temperatureOf = ({ options: { temperature } }: SessionSpec, { without }: ModelTraits, budget: number | null) =>
  temperature === null || budget !== null || without.includes("temperature") ? null : Math.min(1, temperature)

const unmarked = ({ cache_control: _, ...block }: Block): Block => block

/**
 * The body of a request, and which of its fields another model may not take. What never changes in a session stands
 * first, as the cache has it.
 */
export const requestOf = (spec: SessionSpec, traits: ModelTraits, limits: Limits, messages: ReadonlyArray<Message>) => {
  const { systemPrompt, tools } = spec
  const bounds = boundsFor(spec, traits, limits)
  const temperature = temperatureOf(spec, traits, bounds.budget)
  const [isCached, takesTools] = [!traits.without.includes("cache_control"), !traits.without.includes("tools")]
  const holds = {
    tools: tools.length > 0 && takesTools,
    thinking: bounds.budget !== null,
    temperature: temperature !== null,
    cache_control: isCached
  }
  const sent: Sent = {
    fields: new Set<RequestField>(Struct.keys(holds).filter((name) => holds[name])),
    maxOutputTokens: bounds.max_tokens
  }
  const body = {
    model: traits.model,
    max_tokens: bounds.max_tokens,
    stream: true,
    ...thinking(traits.model, bounds),
    ...(temperature === null ? {} : { temperature }),
    ...(!holds.tools
      ? {}
      : {
          tools: Array.map(tools, (tool) => ({
            name: tool.name,
            description: tool.description,
            input_schema: inputSchema(tool)
          }))
        }),
    system: [textBlock(systemPrompt, isCached ? cached : {})],
    messages: isCached
      ? messages
      : messages.map(({ content, role }): Message => ({ role, content: content.map(unmarked) }))
  }
  return { body, sent }
}
