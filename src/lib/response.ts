import { HttpServerResponse } from "@effect/platform"

/** Sends text that is JSON already. */
export const json = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })

/** Headers for what somebody brought along: whatever it contains, a browser must not run it. */
export const inert = {
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  "x-content-type-options": "nosniff"
}
