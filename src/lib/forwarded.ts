import type { HttpServerRequest } from "@effect/platform"
import { Option } from "effect"
import { isIP } from "node:net"

type Headers = HttpServerRequest.HttpServerRequest["headers"]

/** What the outermost of the trusted proxies has said; nothing when there is none, as anybody may say it. */
const told = (line: string | undefined, trusted: number) => {
  if (line === undefined || trusted === 0) return undefined
  const said = line.split(",")
  return said[Math.max(0, said.length - trusted)]?.trim()
}

export const isSecure = (headers: Headers, trusted: number) =>
  told(headers["x-forwarded-proto"], trusted)?.toLowerCase() === "https"

/** Some proxies name the port too. */
const withoutPort = (address: string) =>
  address.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1")

// A household, and anybody who rents a machine, has a whole /64 to call from.
const network = (address: string) => {
  const [head = "", tail] = address.replace(/%.*$/, "").toLowerCase().split("::")
  const first = head === "" ? [] : head.split(":")
  const last = tail === undefined || tail === "" ? [] : tail.split(":")
  const gap = tail === undefined ? [] : Array.from({ length: 8 - first.length - last.length }, () => "0")
  const groups = [...first, ...gap, ...last].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""))
  return `${groups.join(":")}::/64`
}

/** The network address that the request comes from: an IPv4 address, or the /64 of an IPv6 one. */
export const addressOf = (
  request: Pick<HttpServerRequest.HttpServerRequest, "headers" | "remoteAddress">,
  trusted: number
) => {
  const said = withoutPort(told(request.headers["x-forwarded-for"], trusted) ?? "")
  const address = isIP(said) > 0 ? said : Option.getOrElse(request.remoteAddress, () => "")
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "")
  return plain.includes(":") ? network(plain) : plain
}
