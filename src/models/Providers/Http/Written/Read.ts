import { Option, Record, Schema } from "effect"
import { stringify } from "../../../../lib/json.ts"
import { type Fields, fields, isFields, json, text } from "../Lenient.ts"

/** A call as a model has written it. */
export interface Written {
  readonly name: string
  readonly input: string
}

const parse = Schema.decodeOption(Schema.parseJson())

const names = ["name", "tool", "tool_name", "function"]
const inputs = ["arguments", "parameters", "input", "args"]
const known = new Set([...names, ...inputs, "type", "id"])

const bare = (name: string) => name.replace(/^(?:functions|default_api)\./, "")

const first = (it: Fields, keys: ReadonlyArray<string>) =>
  keys.map((key) => it[key]).find((value) => value !== undefined)

/** The call that an object says; null where it says anything else. */
const ofObject = (it: unknown): Written | null => {
  if (!isFields(it) || !Object.keys(it).every((key) => known.has(key))) return null
  const named = it["function"]
  if (isFields(named)) return ofObject(named)
  const name = bare(text(first(it, names)))
  const input = first(it, inputs) ?? {}
  return name === "" || (!isFields(input) && typeof input !== "string") ? null : { name, input: json(input) }
}

/** The calls in a JSON text that holds nothing else; none where any of it is anything else. */
export const inJson = (said: string): ReadonlyArray<Written> => {
  const found = Option.getOrNull(parse(said))
  const calls = (Array.isArray(found) ? found : [found]).map(ofObject)
  const whole = calls.flatMap((call) => call ?? [])
  return whole.length === calls.length ? whole : []
}

const listed = (said: string, each: RegExp) =>
  Record.fromEntries([...said.matchAll(each)].map(({ groups = {} }) => [groups["key"] ?? "", groups["value"] ?? ""]))

const parameter = /<parameter=(?<key>\w+)>\n?(?<value>[^]*?)\n?<\/parameter>/g
const pair = /<arg_key>(?<key>\w+)<\/arg_key>\s*<arg_value>(?<value>[^]*?)<\/arg_value>/g
const quoted = /(?<key>\w+)\s*=\s*"(?<value>(?:[^"\\]|\\.)*)"/g
const once = /(?<key>\w+)\s*=\s*'(?<value>(?:[^'\\]|\\.)*)'/g

const inputIn = (said: string) => {
  const object = said.slice(said.indexOf("{"), said.lastIndexOf("}") + 1)
  if (isFields(Option.getOrNull(parse(object)))) return object
  return stringify({
    ...listed(said, quoted),
    ...listed(said, once),
    ...listed(said, pair),
    ...listed(said, parameter)
  })
}

/** Begins one of several calls. */
const next = /<\|tool_call_begin\|>|<｜tool▁call▁begin｜>|<function=|\[TOOL_CALLS\]/

/** One call, in any of the forms in which models were taught to write it: a name, and its input behind it. */
const inPart = (said: string): ReadonlyArray<Written> => {
  const brace = said.indexOf("{")
  const head = brace === -1 ? said : said.slice(0, brace)
  const words = head
    .replaceAll(
      /<\|(?:constrain|channel|message)\|>(?:json|commentary)?|<｜[^｜]*｜>|```\w*|\bprint\(|^function\b/g,
      " "
    )
    .match(/[a-zA-Z_][\w.-]*/)
  return words === null ? [] : [{ name: bare(words[0]), input: inputIn(said.slice(words.index ?? 0)) }]
}

const wrapped = /^\s*(?:<(?:tool|function)_call>|```(?:json)?)\s*|\s*(?:<\/(?:tool|function)_call>|```)\s*$/g

/** `<invoke name="x">` in the words of `<function=x>`. */
const plainly = (block: string) =>
  block
    .replaceAll(/<invoke name="([\w.-]+)">/g, "<function=$1>")
    .replaceAll(/<parameter name="(\w+)"[^>]*>/g, "<parameter=$1>")
    .replaceAll("</invoke>", "")

/** The calls in what a model has put between the marks of a call. */
export const inBlock = (block: string): ReadonlyArray<Written> => {
  const inner = plainly(block).replaceAll(wrapped, "").trim()
  if (/^[[{]/.test(inner)) return inJson(inner)
  return inner
    .split(next)
    .filter((part) => part.trim() !== "")
    .flatMap(inPart)
}

/** Whether a call fits a tool: all of its parameters are texts, and it has no others. */
export const fits = ({ input }: Written, parameters: Readonly<Record<string, unknown>>) => {
  const given = fields(Option.getOrNull(parse(input === "" ? "{}" : input)))
  const keys = Object.keys(parameters)
  return Object.keys(given).length === keys.length && keys.every((key) => typeof given[key] === "string")
}
