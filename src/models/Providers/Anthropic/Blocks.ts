import { Either, Option, Schema } from "effect"
import { ProviderEvent } from "../../../domain/Provider.ts"
import { Crashed } from "../../../domain/ProviderError.ts"
import type { ToolCall } from "../Http/Protocol.ts"
import { identified } from "../Http/Tools.ts"
import type { Event } from "./Event.ts"
import type { Block } from "./Request.ts"

/** A block of the answer as far as it has come. */
interface Growing {
  readonly type: string
  readonly id: string
  readonly name: string
  readonly data: string
  text: string
  signature: string
  input: string
  isClosed: boolean
}

const largestInput = 1_048_576

const garbled = (what: string) => Either.left(new Crashed({ reason: `the answer is garbled: ${what}` }))
const nothing = Either.right<ReadonlyArray<ProviderEvent>>([])

const shown = (type: string, text: string): ReadonlyArray<ProviderEvent> => {
  if (text === "") return []
  if (type === "text") return [ProviderEvent.TextDelta({ text })]
  return type === "thinking" ? [ProviderEvent.ThinkingDelta({ text })] : []
}

const JsonObject = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** The model is told its own call again, also when it was none. */
const inputOf = ({ input }: ToolCall) => Option.getOrElse(Schema.decodeOption(JsonObject)(input), () => ({}))

/** The blocks of one answer. */
export const make = () => {
  const blocks = new Map<number, Growing>()
  let size = 0

  const open = ({ content_block: block, index }: Event) => {
    if (block === undefined || index === undefined || blocks.has(index)) return garbled("a block begins twice")
    const text = (block.type === "thinking" ? block.thinking : block.text) ?? ""
    blocks.set(index, {
      type: block.type,
      id: block.id ?? "",
      name: block.name ?? "",
      data: block.data ?? "",
      text,
      signature: block.signature ?? "",
      input: "",
      isClosed: false
    })
    size += text.length
    return Either.right(shown(block.type, text))
  }

  const grow = ({ delta, index = -1 }: Event) => {
    const block = blocks.get(index)
    if (delta === undefined || block === undefined || block.isClosed) return garbled("a piece belongs to no block")
    block.signature += delta.signature ?? ""
    block.input += delta.partial_json ?? ""
    if (block.input.length > largestInput) return garbled("the input of a tool is too large")
    const text = (block.type === "thinking" ? delta.thinking : delta.text) ?? ""
    block.text += text
    size += text.length + (delta.partial_json ?? "").length
    return Either.right(shown(block.type, text))
  }

  const close = ({ index = -1 }: Event) => {
    const block = blocks.get(index)
    if (block === undefined) return garbled("a block ends that has not begun")
    block.isClosed = true
    return nothing
  }

  const all = () => [...blocks.values()]

  const calls = () => identified(all().filter(({ type }) => type === "tool_use"))

  return {
    open,
    grow,
    close,
    /** Of all that was said, thought and called, in characters. */
    size: () => size,
    areClosed: () => all().every(({ isClosed }) => isClosed),
    calls,
    /** As the API takes them back: thoughts with their signatures, unchanged and in their order. */
    content: (): ReadonlyArray<Block> => {
      const named = calls().values()
      return all().flatMap((block): ReadonlyArray<Block> => {
        switch (block.type) {
          case "thinking":
            return [{ type: "thinking", thinking: block.text, signature: block.signature }]
          case "redacted_thinking":
            return [{ type: "redacted_thinking", data: block.data }]
          case "tool_use": {
            const call = named.next().value ?? block
            return [{ type: "tool_use", id: call.id, name: call.name, input: inputOf(call) }]
          }
          default:
            return block.text.trim() === "" ? [] : [{ type: "text", text: block.text }]
        }
      })
    }
  }
}
