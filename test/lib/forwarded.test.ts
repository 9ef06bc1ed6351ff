import { HttpServerRequest } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { addressOf } from "../../src/lib/forwarded.ts"

const from = (remoteAddress: string, trusted: number, forwarded?: string) => {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded }
  const request = HttpServerRequest.fromWeb(new Request("http://parley/", { headers }))
  return addressOf(request.modify({ remoteAddress }), trusted)
}

describe("The address of a request", () => {
  it("is the socket's when no proxy is trusted, whatever is said", () => {
    deepStrictEqual(
      [from("10.0.0.1", 0, "1.2.3.4"), from("10.0.0.1", 0, "1.2.3.4, 5.6.7.8"), from("::1", 0, "1.2.3.4")],
      ["10.0.0.1", "10.0.0.1", "0:0:0:0::/64"]
    )
  })

  it("is what the outermost trusted proxy saw; what stands further left was said by the caller", () => {
    deepStrictEqual(
      [
        from("10.0.0.1", 1, "6.6.6.6, 1.2.3.4"),
        from("10.0.0.1", 2, "6.6.6.6, 1.2.3.4, 10.0.0.2"),
        from("10.0.0.1", 2, "1.2.3.4"),
        from("10.0.0.1", 1, "6.6.6.6,1.2.3.4:5678"),
        from("10.0.0.1", 1, "[2001:db8::1]:443"),
        from("10.0.0.1", 1)
      ],
      ["1.2.3.4", "1.2.3.4", "1.2.3.4", "1.2.3.4", "2001:db8:0:0::/64", "10.0.0.1"]
    )
  })

  it("is the socket's when the proxy says no address", () => {
    deepStrictEqual(
      ["unknown", "", "1.2.3.4, x", "999.1.1.1"].map((said) => from("10.0.0.1", 1, said)),
      ["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"]
    )
  })

  it("is one for an IPv4 address in both notations, and one for a network of IPv6", () => {
    deepStrictEqual(
      [
        from("::ffff:1.2.3.4", 0),
        from("2001:db8:1:2:3:4:5:6", 0),
        from("2001:0DB8:0001:2::9", 0),
        from("2001:db8:1::9", 0),
        from("fe80::1%eth0", 0)
      ],
      ["1.2.3.4", "2001:db8:1:2::/64", "2001:db8:1:2::/64", "2001:db8:1:0::/64", "fe80:0:0:0::/64"]
    )
  })
})
