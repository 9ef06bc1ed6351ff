import { Schema } from "effect"

/** JSON text of plain data. */
export const stringify: (data: unknown) => string = Schema.encodeSync(Schema.parseJson())

/** Whether more than `most` lists and objects of a JSON text lie within each other. */
export const isDeeper = (text: string, most: number) => {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '"') at = endOf(text, at)
    else if (sign === "[" || sign === "{") depth++
    else if (sign === "]" || sign === "}") depth--
    if (depth > most) return true
  }
  return false
}

const endOf = (text: string, start: number) => {
  for (let at = start + 1; at < text.length; at++) {
    const sign = text[at]
    if (sign === '"') return at
    if (sign === "\\") at++
  }
  return text.length
}
