import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { stringify } from "../../../../src/lib/json.ts"
import { becomes } from "../../../support/answered.ts"
import { makeAnthropic, makeOpenAi } from "../../../support/HttpHouse.ts"
import { body, frames } from "../../../support/StandIn/Raw.ts"

const untold = "the endpoint broke its answer off with an error"
const poor = "insufficient balance"

/** What a vendor says that does not carry the request out, in an answer that counts as a success. */
const complaints: ReadonlyArray<readonly [unknown, string, string]> = [
  [{ detail: "Odd" }, "ServerFailed", "Odd"],
  [{ detail: [{ loc: ["body", "model"], msg: "Odd" }] }, "ServerFailed", "body.model Odd"],
  [{ detail: { message: "Odd", code: 401 } }, "Unauthorized", "Odd"],
  [{ error: "Odd" }, "ServerFailed", "Odd"],
  [{ error: "", message: "Odd" }, "ServerFailed", "Odd"],
  [{ errors: [{ code: 7003, message: "Odd" }], success: false, result: null }, "ServerFailed", "Odd"],
  [{ errors: ["Odd", "and more"] }, "ServerFailed", "Odd; and more"],
  [{ success: false }, "ServerFailed", untold],
  [{ success: false, message: "Rate limit reached" }, "RateLimited", "Rate limit reached"],
  [{ code: 429, message: "Odd" }, "RateLimited", "Odd"],
  [{ code: "429", msg: "Odd" }, "RateLimited", "Odd"],
  [{ code: 1302, msg: "Odd", data: null }, "ServerFailed", "Odd"],
  [{ error_code: 17, error_msg: "Odd" }, "ServerFailed", "Odd"],
  [{ choices: null, base_resp: { status_code: 1008, status_msg: poor } }, "QuotaExhausted", poor],
  [{ status: "error", message: "Odd" }, "ServerFailed", "Odd"],
  [[{ error: { code: 503, message: "Odd", status: "UNAVAILABLE" } }], "Overloaded", "Odd"]
]

for (const [name, make] of [
  ["openai", makeOpenAi],
  ["anthropic", makeAnthropic]
] as const) {
  describe(`a complaint in an answer of ${name}`, () => {
    for (const [document, _tag, reason] of complaints) {
      it.scopedLive(`is a failure with the vendor's words, streamed or not: ${stringify(document)}`, () =>
        Effect.gen(function* () {
          for (const reply of [body(document), frames(document), frames(document, "[DONE]")]) {
            yield* becomes(make(), reply, { error: { _tag, reason } })
          }
        })
      )
    }
  })
}
