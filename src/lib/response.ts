import { type HttpServerRequest, HttpServerResponse } from "@effect/platform"
import type { JsonText } from "./json.ts"
import type { Tagged } from "./tagged.ts"

export const json = (text: JsonText) => HttpServerResponse.text(text, { contentType: "application/json" })

/** The same where it is known already by its tag. */
export const page = ({ bytes, etag }: Tagged) =>
  HttpServerResponse.uint8Array(bytes, { contentType: "application/json", headers: { etag } })

/** Headers as node takes them soonest: names and values in turn. */
export const listed = (...all: ReadonlyArray<Readonly<Record<string, string>>>) => {
  const head: Array<string> = []
  for (const headers of all) for (const name in headers) head.push(name, headers[name] ?? "")
  return head
}

/** Headers for what somebody brought along: whatever it contains, a browser must not run it. */
export const inert = {
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  "x-content-type-options": "nosniff"
}

const bare = (tag: string) => tag.trim().replace(/^W\//, "")

/** Whether whoever asks has it already. */
export const isKnown = ({ headers }: Pick<HttpServerRequest.HttpServerRequest, "headers">, etag: string) => {
  const known = headers["if-none-match"]
  return known !== undefined && known.split(",").some((tag) => bare(tag) === bare(etag))
}
