import { Effect, Schema } from "effect"
import { nextTurn } from "./turns.ts"

/** Text that is JSON. */
export const JsonText = Schema.String.pipe(Schema.brand("JsonText"))
export type JsonText = typeof JsonText.Type

/** JSON text of plain data. No schema is asked: every delta would pay for one that accepts everything. */
export const stringify = (data: unknown): string => JSON.stringify(data)

/** What a text means that is JSON; throws where it is none. What it holds is for a schema to say. */
export const parse = (text: string): unknown => JSON.parse(text)

/** Whether more than `most` lists and objects of a JSON text lie within each other. Looks at a long text in turns. */
export const isDeeper = (text: string, most: number): Effect.Effect<boolean> => {
  let depth = 0
  let at = 0
  const look = (): Effect.Effect<boolean> => {
    for (const end = at + piece; at < end && at < text.length; at++) {
      const sign = text.charCodeAt(at)
      if (sign === signs.quote) at = endOfString(text, at) - 1
      else if (sign === signs.list || sign === signs.object) depth++
      else if (sign === signs.listEnd || sign === signs.objectEnd) depth--
      if (depth > most) return Effect.succeed(true)
    }
    return at < text.length ? Effect.flatMap(nextTurn, look) : Effect.succeed(false)
  }
  return Effect.suspend(look)
}

/** How many characters are looked at in one turn of the event loop, and the rest of a string. */
const piece = 1_000_000

const signs = { quote: 34, list: 91, listEnd: 93, object: 123, objectEnd: 125 }

/** The place after a string of a JSON text that begins here. */
export const endOfString = (text: string, start: number) => {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote
    while (text[before - 1] === "\\") before--
    if ((quote - before) % 2 === 0) return quote + 1
  }
  return text.length
}
