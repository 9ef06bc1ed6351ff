import { describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Option, Redacted } from "effect"
import { hiding } from "../../../src/models/Providers/Secrets.ts"

const hide = hiding({
  apiKey: Option.some(Redacted.make("the-key-of-the-house")),
  environment: { AWS_SESSION_TOKEN: "a-long-session-token", MAX_OUTPUT_TOKENS: "4096", AWS_REGION: "eu-central-1" }
})

describe("what a provider says", () => {
  it("is shown without keys, tokens and logins", () => {
    assertEquals(hide("401 for the-key-of-the-house"), "401 for …")
    assertEquals(hide("a-long-session-token has expired"), "… has expired")
    assertEquals(hide("somebody else's sk-ant-0123456789"), "somebody else's …")
    assertEquals(
      hide("no way through http://bob:hunter2@proxy.example:3128/"),
      "no way through http://…@proxy.example:3128/"
    )
  })

  it("keeps what is no secret, on one short line", () => {
    assertEquals(hide("at most 4096 tokens\n in eu-central-1 "), "at most 4096 tokens in eu-central-1")
    assertEquals(hide("x".repeat(1000)).length, 300)
  })
})
