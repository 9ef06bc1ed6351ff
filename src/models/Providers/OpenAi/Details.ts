import { type Fields, isFields, items, text } from "../Http/Lenient.ts"

/** What of a detail comes in pieces. */
const grows = ["text", "summary", "data", "thinking"] as const

const isOf = (one: Fields, other: Fields) =>
  one["type"] === other["type"] &&
  one["index"] === other["index"] &&
  (one["id"] ?? other["id"]) === (other["id"] ?? one["id"]) &&
  // What was signed is whole.
  (one["thinking"] === undefined || text(one["signature"]) === "")

const joined = (before: Fields, more: Fields): Fields => {
  const known = Object.entries(more).filter(([, value]) => value !== null && value !== undefined)
  const grown = grows.filter((name) => typeof before[name] === "string" && typeof more[name] === "string")
  return {
    ...before,
    ...Object.fromEntries(known),
    ...Object.fromEntries(grown.map((name) => [name, `${text(before[name])}${text(more[name])}`]))
  }
}

/**
 * OpenRouter's `reasoning_details` and LiteLLM's `thinking_blocks`: thoughts in the form in which the vendor behind it
 * wants them back.
 */
export const make = () => {
  const all: Array<Fields> = []
  return {
    /** The readable part of what was added. */
    add: (it: unknown): string => {
      let thought = ""
      for (const detail of items(it)) {
        if (!isFields(detail)) continue
        thought += text(detail["text"]) || text(detail["summary"])
        const at = all.findLastIndex((known) => isOf(known, detail))
        const before = all[at]
        if (before === undefined) all.push(detail)
        else all[at] = joined(before, detail)
      }
      return thought
    },
    all: (): ReadonlyArray<Fields> => all
  }
}
