import { Option, Predicate, Schema } from "effect"
import { stringify } from "../../../lib/json.ts"

/** An object of an answer, of which nothing is certain. */
export type Fields = Readonly<Record<string, unknown>>

const none: Fields = {}

const decode = Schema.decodeOption(Schema.parseJson())

/** The object in a JSON text, or the first of a list of them; null where there is none. */
export const parse = (data: string): Fields | null => {
  const found = Option.getOrNull(decode(data))
  const first: unknown = Array.isArray(found) ? found[0] : found
  return isFields(first) ? first : null
}

export const isFields = (it: unknown): it is Fields => Predicate.isRecord(it)

/** Empty where it is no object. */
export const fields = (it: unknown): Fields => (isFields(it) ? it : none)

/** Empty where it is no list. */
export const items = (it: unknown): ReadonlyArray<unknown> => (Array.isArray(it) ? it : [])

/** Empty where it is neither a text nor a number. */
export const text = (it: unknown): string => (typeof it === "string" ? it : typeof it === "number" ? String(it) : "")

/** Of JSON that comes as a text, as it should, or as what the text would say. */
export const json = (it: unknown): string => (isFields(it) ? stringify(it) : text(it))

/** A number, also as a text; null where it is none. */
export const number = (it: unknown): number | null => {
  const found = typeof it === "string" && it.trim() !== "" ? Number(it) : it
  return typeof found === "number" && Number.isFinite(found) ? found : null
}
