import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue } from "@effect/vitest/utils"
import type { ProviderError } from "../../../src/domain/ProviderError.ts"
import { stringify } from "../../../src/lib/json.ts"
import { classify } from "../../../src/models/Providers/Classify.ts"
import { read, readBody } from "../../../src/models/Providers/Complaint.ts"

type Row = readonly [ProviderError["_tag"], number | null, unknown]

const error = (message: string, more: object = {}) => ({ error: { message, ...more } })

/** What endpoints have sent, by what it means. */
const rows: ReadonlyArray<Row> = [
  [
    "QuotaExhausted",
    429,
    error("You exceeded your current quota, please check your plan.", { code: "insufficient_quota" })
  ],
  ["QuotaExhausted", 400, error("Your credit balance is too low to access the Anthropic API.")],
  ["QuotaExhausted", 402, error("Insufficient Balance")],
  ["QuotaExhausted", 403, error("Key limit exceeded (total limit): spending limit reached")],
  [
    "RateLimited",
    429,
    error("You exceeded your current quota. Please retry in 34.07s.", { status: "RESOURCE_EXHAUSTED" })
  ],
  [
    "RateLimited",
    429,
    error("Rate limit reached for model-a in organization org-1 on tokens per min (TPM): Limit 3, Used 3")
  ],
  ["RateLimited", null, error("Too many requests", { type: "rate_limit_error" })],
  ["RateLimited", null, error("Provider returned error", { code: 429 })],
  [
    "ContextExceeded",
    400,
    error("prompt is too long: 210000 tokens > 200000 maximum", { type: "invalid_request_error" })
  ],
  [
    "ContextExceeded",
    400,
    error("the request exceeds the available context size", { type: "exceed_context_size_error", n_ctx: 4096 })
  ],
  [
    "ContextExceeded",
    400,
    error("This model's maximum context length is 4096 tokens. However, you requested 5000 tokens")
  ],
  [
    "ContextExceeded",
    400,
    error("This model's maximum prompt length is 131072 but the request contains 140000 tokens.")
  ],
  [
    "ContextExceeded",
    400,
    error("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).")
  ],
  ["ContextExceeded", 400, { message: "Input is too long for requested model." }],
  ["ContextExceeded", 400, { error: "Trying to keep the first 5000 tokens when context the overflows." }],
  [
    "ContextExceeded",
    413,
    error("Request too large for model-a on tokens per minute (TPM): Limit 6000, Requested 7000")
  ],
  ["ContextExceeded", 500, error("input length exceeds the context window")],
  ["Unauthorized", 401, error("Incorrect API key provided", { code: "invalid_api_key" })],
  ["Unauthorized", 400, [error("API key not valid. Please pass a valid API key.", { status: "INVALID_ARGUMENT" })]],
  ["Unauthorized", 400, { code: "Client specified an invalid argument", error: "Incorrect API key provided: x***" }],
  ["Unauthorized", 400, error("No connected db.", { type: "no_db_connection", param: null, code: "400" })],
  ["Unauthorized", 403, error("Country, region, or territory not supported")],
  ["Unauthorized", null, error("invalid x-api-key", { type: "authentication_error" })],
  ["Refused", 403, error("Your input was flagged by moderation")],
  ["Refused", 400, error("The response was filtered due to the prompt triggering the content management policy")],
  [
    "Refused",
    400,
    { type: "error", error: { type: "invalid_request_error", message: "Output blocked by content filtering policy" } }
  ],
  [
    "ModelUnknown",
    404,
    error("The model `gpt-9` does not exist or you do not have access to it.", { code: "model_not_found" })
  ],
  ["ModelUnknown", 404, error('model "llama9" not found, try pulling it first')],
  ["ModelUnknown", 404, { type: "error", error: { type: "not_found_error", message: "model: claude-9" } }],
  ["ModelUnknown", 400, error("gpt-9 is not a valid model ID")],
  ["ModelUnknown", 400, error("The model has been decommissioned", { code: "model_decommissioned" })],
  ["ImagesRefused", 500, error("image input is not supported - hint: you may need to provide the mmproj")],
  ["ImagesRefused", 404, error("No endpoints found that support image input")],
  ["ImagesRefused", 422, { detail: "Model does not support vision" }],
  ["ImagesRefused", 403, error("vision is not available on your plan")],
  ["InvalidRequest", 413, "<html><h1>413 Request Entity Too Large</h1></html>"],
  ["InvalidRequest", 413, error("Request exceeds the maximum size", { type: "request_too_large" })],
  ["InvalidRequest", 400, error("Could not process image")],
  ["InvalidRequest", 404, "<html><head><title>x</title></head><body><h1>404 page not found</h1></body></html>"],
  ["InvalidRequest", 422, { detail: [{ loc: ["body", "stream_options"], msg: "Extra inputs are not permitted" }] }],
  ["Overloaded", 529, error("Overloaded", { type: "overloaded_error" })],
  ["Overloaded", 503, [{ error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } }]],
  ["Overloaded", 503, error("Loading model", { type: "unavailable_error" })],
  ["Overloaded", null, error("The engine is currently overloaded")],
  ["ServerFailed", 500, error("The server had an error while processing your request", { type: "server_error" })],
  ["ServerFailed", 500, ""],
  ["ServerFailed", null, "something broke"],
  ["InvalidRequest", 400, error("messages: roles must alternate")]
]

const complaint = (status: number | null, body: unknown) =>
  status === null ? read(null, body) : readBody(status, typeof body === "string" ? body : stringify(body))

const asked = { model: "model-a", hasImages: true, retryAfterMs: null, hide: (text: string) => text }

describe("a refusal", () => {
  for (const [tag, status, body] of rows) {
    const said = complaint(status, body)
    it(`${status ?? "in a stream"} “${said.message.slice(0, 60)}” is ${tag}`, () => {
      const found = classify(said, asked)
      assertEquals(found._tag, tag)
      assertTrue("reason" in found && !found.reason.includes("<"))
    })
  }

  it("says when to come back in its words", () => {
    for (const [words, ms] of [
      ["Please try again in 20s", 20_000],
      ["Please try again in 1m30.5s.", 90_500],
      ["try again in 250ms", 250],
      ["Please retry in 34.07s", 34_070],
      ["Rate limited", null]
    ] as const) {
      const found = classify(read(429, error(words)), asked)
      assertEquals(found._tag === "RateLimited" ? found.retryAfterMs : undefined, ms)
    }
  })

  it("that speaks of pictures is about the request only where it held some", () => {
    const found = classify(read(500, error("vision is not supported")), { ...asked, hasImages: false })
    assertEquals(found._tag, "ServerFailed")
  })

  it("of a request that is too large is about the conversation where there are no pictures", () => {
    const found = classify(readBody(413, "Payload too large"), { ...asked, hasImages: false })
    assertEquals(found._tag, "ContextExceeded")
  })

  it("of any length is read in bounded time", () => {
    for (const word of ["try again in 1s ", "model ", "<a", "1 "]) {
      const found = classify(readBody(400, word.repeat(65_536 / word.length)), asked)
      assertTrue("reason" in found && found.reason.length <= 2000)
    }
  })
})
