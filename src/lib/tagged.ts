import { createHash } from "node:crypto"

/** Text as it is sent, with the strong entity tag that tells it from any other. */
export interface Tagged {
  readonly bytes: Uint8Array
  readonly etag: string
}

export const tagOf = (bytes: Uint8Array) => `"${createHash("sha1").update(bytes).digest("base64url")}"`

export const tagged = (text: string): Tagged => {
  const bytes = Buffer.from(text)
  return { bytes, etag: tagOf(bytes) }
}
