import { oneLine } from "../../lib/text.ts"

const around = 60

/** The words that a query is made of, longest first. */
export const wordsOf = (query: string) =>
  [...new Set(oneLine(query.normalize("NFC")).split(" "))].filter(Boolean).toSorted((a, b) => b.length - a.length)

/** Pairs of code units that the cut has parted. */
const torn = /^[\udc00-\udfff]|[\ud800-\udbff]$/g

/** A piece of the text with the first of the words in its middle. */
export const excerpt = (text: string, words: ReadonlyArray<string>) => {
  const lower = text.toLowerCase()
  const [word = ""] = words
  const at = Math.max(lower.indexOf(word.toLowerCase()), 0)
  const start = Math.max(at - around, 0)
  const end = Math.min(at + word.length + around, text.length)
  const piece = oneLine(text.slice(start, end).replace(torn, ""))
  return `${start > 0 ? "…" : ""}${piece}${end < text.length ? "…" : ""}`
}
