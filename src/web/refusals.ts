import { Refused } from "../client/client.ts"
import { words } from "./words.ts"

/** What is wrong with each field that was sent; that it may also be left out helps nobody. */
export const fieldsOf = ({ body, detail }: Refused): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>()
  const { allowed } = body
  if (typeof allowed === "object" && allowed !== null && !Array.isArray(allowed)) {
    for (const [name, values] of Object.entries(allowed)) fields.set(name, words.allowed(String(values)))
  }
  for (const { loc, msg } of typeof detail === "string" ? [] : detail) {
    const name = String(loc[1] ?? "")
    if (!/^Expected (null|undefined),/.test(msg)) fields.set(name, [fields.get(name) ?? [], msg].flat().join("; "))
  }
  return fields
}

const explained = (refused: Refused) => {
  const { body, detail, retryAfterSeconds, status, tag, traceId } = refused
  if (status === 429 && retryAfterSeconds !== null) return words.tooMany(retryAfterSeconds)
  const own = words.refusals[`${tag}.${String(body["reason"])}`] ?? words.refusals[tag]
  const text = own ?? (typeof detail === "string" ? detail : [...fieldsOf(refused).values()].join("; "))
  // Only a fault of the server is worth looking up.
  const trace = traceId !== null && status >= 500 ? words.trace(traceId) : ""
  return `${text || words.answered(status)}${trace}`
}

/** Why something did not work, for people. */
export const explain = (error: unknown) => {
  if (error instanceof Refused) return explained(error)
  return error instanceof Error ? error.message : String(error)
}
