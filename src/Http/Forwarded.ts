import type { HttpServerRequest } from "@effect/platform"

type Headers = HttpServerRequest.HttpServerRequest["headers"]

/** What the outermost of the trusted proxies has said; nothing when there is none, as anybody may say it. */
const told = (line: string | undefined, trusted: number) => {
  if (line === undefined || trusted === 0) return undefined
  const said = line.split(",")
  return said[Math.max(0, said.length - trusted)]?.trim()
}

export const isSecure = (headers: Headers, trusted: number) =>
  told(headers["x-forwarded-proto"], trusted)?.toLowerCase() === "https"
