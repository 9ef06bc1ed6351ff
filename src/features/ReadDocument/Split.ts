import { Effect, Option } from "effect"
import { endOfString } from "../../lib/json.ts"
import { forEachInTurns } from "../../lib/turns.ts"

const blank = /[\t\n\r ]*/y
const scalar = /[^\t\n\r ,\]}]*/y
const mark = /["[\]{}]/g

const skip = (pattern: RegExp, text: string, at: number) => {
  pattern.lastIndex = at
  pattern.test(text)
  return Math.max(at, pattern.lastIndex)
}

/**
 * The place after a value that begins here. What is no JSON has its end somewhere too, and is refused by its reader.
 */
const endOfValue = (text: string, start: number) => {
  if (text[start] === '"') return endOfString(text, start)
  if (text[start] !== "{" && text[start] !== "[") return skip(scalar, text, start)
  let depth = 0
  let at = start
  do {
    mark.lastIndex = at
    const sign = mark.exec(text)?.[0]
    if (sign === undefined) return text.length
    at = sign === '"' ? endOfString(text, mark.lastIndex - 1) : mark.lastIndex
    if (sign === "[" || sign === "{") depth++
    if (sign === "]" || sign === "}") depth--
  } while (depth > 0)
  return at
}

/** Where the list of messages begins, in the outermost object; undefined where there is none. */
const startOfMessages = (text: string) => {
  let at = skip(blank, text, 0)
  if (text[at] !== "{") return undefined
  do {
    const key = skip(blank, text, at + 1)
    const colon = skip(blank, text, endOfValue(text, key))
    const value = skip(blank, text, colon + 1)
    if (text[key] !== '"' || text[colon] !== ":") return undefined
    if (text.slice(key, colon).trimEnd() === '"messages"') return text[value] === "[" ? value : undefined
    at = skip(blank, text, endOfValue(text, value))
  } while (text[at] === ",")
  return undefined
}

/** The values of a list that begins here, as they stand there, each with the place after it. */
function* values(text: string, start: number) {
  const first = skip(blank, text, start + 1)
  if (text[first] === "]") return
  let from = first
  while (true) {
    const end = endOfValue(text, from)
    yield { text: text.slice(from, end), end }
    const comma = skip(blank, text, end)
    if (text[comma] !== ",") return
    from = skip(blank, text, comma + 1)
  }
}

/**
 * Cuts a document's text so that nobody waits until all of it is read: what stands around its list of messages, and
 * each message. None where it cannot be JSON; whether the parts are, who parses them will see.
 */
export const split = Effect.fnUntraced(function* (text: string) {
  const start = startOfMessages(text)
  if (start === undefined) return Option.some({ head: text, messages: [] })
  const messages = yield* forEachInTurns(values(text, start), Effect.succeed)
  const end = skip(blank, text, messages.at(-1)?.end ?? start + 1)
  if (text[end] !== "]") return Option.none()
  return Option.some({
    head: `${text.slice(0, start + 1)}${text.slice(end)}`,
    messages: messages.map(({ text }) => text)
  })
})
