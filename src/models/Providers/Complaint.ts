import { Option, Predicate, Schema } from "effect"
import { type Fields, fields, items, number, text } from "./Http/Lenient.ts"

/** What a vendor says of a request that it does not carry out, wherever it says it. */
export interface Complaint {
  /** The HTTP status; null for one that comes in the middle of an answer. */
  readonly status: number | null
  /** For people. */
  readonly message: string
  /** Words for machines: codes, types and the names of fields, with a space between. */
  readonly code: string
}

const longest = 2000
const cut = (complaint: Complaint): Complaint => ({ ...complaint, message: complaint.message.slice(0, longest) })

const join = (...parts: ReadonlyArray<unknown>) =>
  parts
    .map(text)
    .filter((part) => part !== "")
    .join(" ")

/** Where vendors put what they complain of. */
const places = ["error", "errors", "detail", "base_resp"] as const
/** What they call their words. */
const wordings = ["message", "Message", "msg", "error_msg", "status_msg"] as const

const isEmpty = (it: unknown) =>
  it === undefined || it === null || it === "" || (Predicate.isObject(it) && Object.keys(it).length === 0)

const first = (it: Fields, names: ReadonlyArray<string>) => names.map((name) => it[name]).find((that) => !isEmpty(that))

/** Whether the body of an answer that counts as a success says in any of these forms that it is none. */
export const isComplaint = (body: Fields) => {
  const { base_resp: told, success, ...others } = body
  const told_status = number(fields(told)["status_code"]) ?? 0
  return success === false || told_status !== 0 || first(others, [...places, ...wordings]) !== undefined
}

/** `{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}`, as validators of Python say it. */
const place = (it: unknown) => {
  const told = fields(it)
  return join(items(told["loc"]).map(text).join("."), first(told, wordings) ?? it)
}

const numbers = ["n_ctx", "n_prompt_tokens"] as const

const statusIn = (code: unknown) => {
  const found = number(code)
  return found !== null && found >= 400 && found < 600 ? found : null
}

/** A decoded body, or the error in an event of a stream, in any of the forms that endpoints send. */
export const read = (status: number | null, body: unknown): Complaint => cut(find(status, body))

const find = (status: number | null, body: unknown): Complaint => {
  if (typeof body === "string") return { status, message: body, code: "" }
  if (Array.isArray(body)) return find(status, body[0])
  const outer = fields(body)
  const inner = first(outer, places) ?? outer
  if (typeof inner === "string") return { status, message: inner, code: join(outer["code"], outer["type"]) }
  if (Array.isArray(inner)) return { status, message: inner.map(place).join("; "), code: "" }
  const told = fields(inner)
  const { param, type } = told
  const code = told["code"] ?? told["error_code"] ?? told["status_code"]
  const sizes = numbers.map((name) => (text(told[name]) === "" ? "" : `${name}=${text(told[name])}`))
  return {
    status: status ?? statusIn(code),
    message: join(first(told, wordings), fields(told["metadata"])["raw"], ...sizes),
    code: join(code, type, told["status"], param, told["__type"])
  }
}

/** The body of an answer that is not a success. A page for people keeps its words and loses its marks. */
export const readBody = (status: number, body: string): Complaint =>
  Option.match(decode(body), {
    onNone: () => cut({ status, message: wordsOf(body), code: "" }),
    onSome: (decoded) => read(status, decoded)
  })

const decode = Schema.decodeOption(Schema.parseJson())

const longestPage = 16_384
const marks = /<(style|script|head)[\s\S]*?<\/\1>|<[^<>]*>/gi
const wordsOf = (page: string) => page.slice(0, longestPage).replaceAll(marks, " ").replaceAll(/\s+/g, " ").trim()
