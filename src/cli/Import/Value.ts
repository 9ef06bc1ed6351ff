import { DateTime, Option } from "effect"
import * as Time from "../../domain/Time.ts"

// What stands in a column, as the versions of the original and the hands of people have written it.

export const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null)

/** A word of the original's own. */
export const word = (value: unknown) => text(value)?.trim().toLowerCase() ?? null

export const flag = (value: unknown) => value === true || value === 1 || value === "1" || word(value) === "true"

/** Seconds or milliseconds since 1970, as a number. */
const epoch = (value: number) => (value > 1e11 ? value : value * 1000)

const years = { first: Date.UTC(1970, 0, 2), last: Date.UTC(9999, 0, 1) }

const parsed = (value: unknown) => {
  if (typeof value === "number") return Option.some(epoch(value))
  const words = text(value)?.trim() ?? ""
  if (/^\d{9,13}(\.\d+)?$/.test(words)) return Option.some(epoch(Number(words)))
  const iso = words.replace(/^(\d{4})\/(\d\d)\/(\d\d)/, "$1-$2-$3").replace(" ", "T")
  const isZoned = /(Z|[+-]\d\d:?\d\d)$/.test(iso) && iso.includes("T")
  const isDay = /^\d{4}-\d\d-\d\d$/.test(iso)
  return Option.map(DateTime.make(isZoned || isDay ? iso : `${iso}Z`), DateTime.toEpochMillis)
}

/** UTC without a zone as Python writes it, a time with one, or a number of seconds or milliseconds. */
export const time = (value: unknown): Option.Option<Time.Timestamp> =>
  parsed(value).pipe(
    Option.filter((at) => at > years.first && at < years.last),
    Option.map((at) => Time.at(Math.floor(at)))
  )
