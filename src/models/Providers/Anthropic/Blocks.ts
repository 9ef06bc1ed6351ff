import { Either, Option, Schema } from "effect"
import { ProviderEvent } from "../../../domain/Provider.ts"
import { Crashed } from "../../../domain/ProviderError.ts"
import { type Fields, fields, isFields, items, json, number, text } from "../Http/Lenient.ts"
import type { ToolCall } from "../Http/Protocol.ts"
import { identified } from "../Http/Tools.ts"
import type { Block } from "./Request.ts"

/** A block of the answer as far as it has come. */
interface Growing {
  readonly type: string
  readonly id: string
  readonly name: string
  /** As it began. */
  readonly raw: Fields
  text: string
  signature: string
  input: string
  readonly citations: Array<unknown>
  isClosed: boolean
}

const largestInput = 1_048_576

const garbled = (what: string) => Either.left(new Crashed({ reason: `the answer is garbled: ${what}` }))

const shown = (type: string, text: string): ReadonlyArray<ProviderEvent> => {
  if (text === "") return []
  if (type === "text") return [ProviderEvent.TextDelta({ text })]
  return type === "thinking" ? [ProviderEvent.ThinkingDelta({ text })] : []
}

const JsonObject = Schema.decodeOption(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

/** The model is told its own call again, also when it was none. */
const inputOf = (input: string) => Option.getOrElse(JsonObject(input), () => ({}))

const isCall = ({ type }: Growing) => type === "tool_use"
const takesInput = ({ type }: Growing) => type.endsWith("tool_use")

const isThere = (it: unknown) => it !== undefined && it !== null

/** Which block a piece can be of, by what it holds. */
const kindOf = (delta: Fields) => {
  if (isThere(delta["text"]) || isThere(delta["citation"])) return "text"
  if (isThere(delta["partial_json"])) return "input"
  return isThere(delta["thinking"]) || isThere(delta["signature"]) ? "thinking" : null
}

const isOf = (block: Growing, kind: string) => (kind === "input" ? takesInput(block) : block.type === kind)

const cited = ({ citations }: Growing) => (citations.length === 0 ? {} : { citations })

const begun = (raw: Fields): Growing => ({
  type: text(raw["type"]) || "text",
  id: text(raw["id"]),
  name: text(raw["name"]),
  raw,
  text: text(raw["type"] === "thinking" ? raw["thinking"] : raw["text"]),
  signature: text(raw["signature"]),
  // The beginning of a call holds an empty object, unless it holds all of it.
  input: isFields(raw["input"]) && Object.keys(raw["input"]).length === 0 ? "" : json(raw["input"]),
  citations: [...items(raw["citations"])],
  isClosed: false
})

/** The blocks of one answer. */
export const make = () => {
  const blocks: Array<Growing> = []
  const byIndex = new Map<number, Growing>()
  let size = 0

  const add = (raw: Fields, index: number | null) => {
    const block = begun(raw)
    const placed = index === null ? undefined : byIndex.get(index)
    if (placed !== undefined && placed.id !== "" && placed.id === block.id) return placed
    blocks.push(block)
    if (index !== null) byIndex.set(index, block)
    size += block.text.length + block.input.length
    return block
  }

  /** By its index, unless it cannot be of that block: then of the latest. What nobody has begun begins with it. */
  const found = (kind: string, index: number | null): Growing | null => {
    const placed = index === null ? undefined : byIndex.get(index)
    if (placed !== undefined && isOf(placed, kind)) return placed
    const latest = kind === "input" ? blocks.findLast(takesInput) : blocks.at(-1)
    if (latest !== undefined && isOf(latest, kind)) return latest
    return kind === "input" ? null : add({ type: kind }, index)
  }

  const grow = (event: Fields): Either.Either<ReadonlyArray<ProviderEvent>, Crashed> => {
    const delta = fields(event["delta"])
    const kind = kindOf(delta)
    const block = kind === null ? null : found(kind, number(event["index"]))
    if (block === null) return Either.right([])
    const input = json(delta["partial_json"])
    block.signature += text(delta["signature"])
    if (isThere(delta["citation"])) block.citations.push(delta["citation"])
    block.input += input
    if (block.input.length > largestInput) return garbled("the input of a tool is too large")
    const more = text(block.type === "thinking" ? delta["thinking"] : delta["text"])
    block.text += more
    size += more.length + input.length
    return Either.right(shown(block.type, more))
  }

  /** As the API takes it back: thoughts with their signatures, and what others do for the model as it came. */
  const back = (block: Growing): ReadonlyArray<Block> => {
    switch (block.type) {
      case "thinking":
        return [{ type: "thinking", thinking: block.text, signature: block.signature }]
      case "text":
        return block.text.trim() === "" ? [] : [{ type: "text", text: block.text, ...cited(block) }]
      default:
        return [takesInput(block) ? { ...block.raw, input: inputOf(block.input) } : block.raw]
    }
  }

  return {
    open: (event: Fields) => {
      const block = add(fields(event["content_block"]), number(event["index"]))
      return shown(block.type, block.text)
    },
    grow,
    close: (event: Fields) => {
      const index = number(event["index"])
      const block = index === null ? blocks.at(-1) : byIndex.get(index)
      if (block !== undefined) block.isClosed = true
    },
    /** One that comes whole. */
    whole: (raw: Fields) => {
      const block = add(raw, null)
      block.isClosed = true
      return shown(block.type, block.text)
    },
    /** Of all that was said, thought and called, in characters. */
    size: () => size,
    /** The calls that have come whole, if any are meant, and all that was said in its order. */
    taken: (areCallsMeant: boolean) => {
      const isTaken = (block: Growing) =>
        areCallsMeant && block.name !== "" && (block.isClosed || Option.isSome(JsonObject(block.input || "{}")))
      const taken = new Set(blocks.filter((block) => isCall(block) && isTaken(block)))
      const calls = identified([...taken])
      const named = calls.values()
      return {
        calls,
        content: blocks.flatMap((block): ReadonlyArray<Block> => {
          if (!isCall(block)) return back(block)
          const call: ToolCall | undefined = taken.has(block) ? named.next().value : undefined
          return call === undefined
            ? []
            : [{ type: "tool_use", id: call.id, name: call.name, input: inputOf(call.input) }]
        }),
        isCut: blocks.some((block) => isCall(block) && !taken.has(block))
      }
    }
  }
}
