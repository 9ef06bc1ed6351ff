import { type HttpServerRequest, HttpServerResponse } from "@effect/platform"

/** Sends text that is JSON already. */
export const json = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })

/** Headers for what somebody brought along: whatever it contains, a browser must not run it. */
export const inert = {
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  "x-content-type-options": "nosniff"
}

/** Whether whoever asks has it already. */
export const isKnown = ({ headers }: HttpServerRequest.HttpServerRequest, etag: string) => {
  const bare = (tag: string) => tag.trim().replace(/^W\//, "")
  return (headers["if-none-match"] ?? "").split(",").some((tag) => bare(tag) === bare(etag))
}
