import { Either, Predicate, Schema } from "effect"
import * as Json from "../../../lib/json.ts"

const Line = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
const decode = Schema.decodeEither(Line)

const bookkeeping: ReadonlySet<string> = new Set([
  "parentUuid",
  "sessionId",
  "uuid",
  "requestId",
  "isSidechain",
  "toolUseResult"
])

const isOf = (type: string, value: unknown) => Predicate.hasProperty(value, "type") && value.type === type

const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.filter((block) => !isOf("image", block)).map(plain)
  if (!Predicate.isRecord(value)) return value
  const kept = Object.entries(value).filter(([name]) => name !== "signature" || !isOf("thinking", value))
  return Object.fromEntries(kept.map(([name, inner]) => [name, plain(inner)]))
}

/** A line of a transcript without bookkeeping, signatures and images; nothing for one that is not JSON. */
export const simplify = (line: string): ReadonlyArray<string> =>
  Either.match(decode(line), {
    onLeft: () => [],
    onRight: (entry) => {
      const kept = Object.entries(entry).filter(([name]) => !bookkeeping.has(name))
      return [Json.stringify(plain(Object.fromEntries(kept)))]
    }
  })
