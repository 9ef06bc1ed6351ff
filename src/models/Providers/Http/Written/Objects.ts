const fence = "```(?:json)?[ \\t]*"
const list = String.raw`(?:\[\s*)?`
const keys = "name|tool|tool_name|function|type|id|arguments|parameters"

/** The start of a line on which an object stands that may be a call. */
const object = new RegExp(String.raw`\n[ \t]*(?:${fence}\n[ \t]*)?${list}\{\s*"(?:${keys})"`)
/** The same of one that may come to. */
const open = String.raw`\{\s*(?:"[a-z_]{0,12})?`
const begun = new RegExp(
  String.raw`\n[ \t]*(?:${"`"}{1,3}(?:j|js|jso)?|${fence}(?:\n[ \t]*)?${list}(?:${open})?|${list}${open}|\[\s*)$`
)

const placeOf = (line: RegExp, text: string, isLine: boolean) => {
  const at = line.exec(`${isLine ? "\n" : " "}${text}`)?.index
  return at === undefined ? null : at
}

export const objectIn = (text: string, isLine: boolean) => placeOf(object, text, isLine)
export const begunIn = (text: string, isLine: boolean) => placeOf(begun, text, isLine) ?? text.length

/** How many characters of a text its first value takes, which is an object or a list; null where it has no end. */
const lengthOf = (text: string) => {
  let depth = 0
  for (const { 0: found, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (found === "{" || found === "[") depth++
    else if (found === "}" || found === "]") depth--
    else continue
    if (depth === 0) return index + 1
  }
  return null
}

/**
 * The JSON of an object that stands alone on its lines, and where these end; `alone` is null as long as more may come
 * of it, and false where something else stands there.
 */
export const read = (text: string, isLast: boolean) => {
  const waits = { alone: isLast ? false : null, json: "", end: 0 } as const
  const start = text.search(/[[{]/)
  const length = lengthOf(text.slice(start))
  if (length === null) return waits
  const json = text.slice(start, start + length)
  const rest = text.slice(start + length)
  const isFenced = text.slice(0, start).includes("```")
  const behind = (isFenced ? /^\s*```[ \t]*(\n|$)/ : /^[ \t]*(\n|$)/).exec(rest)
  if (behind === null) return isFenced && /^\s*`{0,2}$/.test(rest) ? waits : { ...waits, alone: false }
  if (behind[1] === "" && !isLast) return waits
  return { alone: true, json, end: start + length + behind[0].length }
}
