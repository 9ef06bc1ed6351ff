import { fields, items, text } from "../Http/Lenient.ts"

/** What the content of a message, or of a piece of one, holds. */
export interface Content {
  readonly text: string
  readonly thought: string
  readonly refusal: string
}

const textsIn = (it: unknown): string =>
  Array.isArray(it)
    ? it.map((part) => (typeof part === "string" ? part : text(fields(part)["text"]))).join("")
    : text(it)

/** A text, or a list of parts: Mistral's thoughts and references come as such. */
export const contentOf = (content: unknown): Content => {
  if (!Array.isArray(content)) return { text: text(content), thought: "", refusal: "" }
  const found = { text: "", thought: "", refusal: "" }
  for (const it of items(content)) {
    const part = fields(it)
    if (typeof it === "string") found.text += it
    else if (part["type"] === "thinking") found.thought += textsIn(part["thinking"])
    else if (part["type"] === "refusal") found.refusal += text(part["refusal"])
    else if (part["type"] !== "reference") found.text += text(part["text"])
  }
  return found
}
