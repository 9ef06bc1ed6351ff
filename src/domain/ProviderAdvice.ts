import type { ProviderError } from "./ProviderError.ts"

const own: Readonly<Record<string, { readonly key: string; readonly address: string }>> = {
  claude: { key: "ANTHROPIC_API_KEY, or the credentials for Bedrock or Vertex AI", address: "ANTHROPIC_BASE_URL" },
  anthropic: { key: "ANTHROPIC_API_KEY", address: "ANTHROPIC_BASE_URL" },
  openai: { key: "OPENAI_API_KEY", address: "OPENAI_BASE_URL" }
}

/** Where the key and the address of a provider stand. */
const placesOf = (provider: string) =>
  own[provider] ?? {
    key: `the key of "${provider}" in OPENAI_ENDPOINTS`,
    address: `the url of "${provider}" in OPENAI_ENDPOINTS`
  }

/** The vendor's own words, short and safe to show; empty where it gave none. */
export const reasonOf = (error: ProviderError) => ("reason" in error ? error.reason : "")

const adviceOn = (error: ProviderError, provider: string): string => {
  const { address, key } = placesOf(provider)
  switch (error._tag) {
    case "Unreachable":
      return `No connection to ${error.host}: ${error.reason}. Check ${address}, and that the server there runs`
    case "Unauthorized":
      return `The key is not accepted, or may not do this. Check ${key}`
    case "QuotaExhausted":
      return "The account has no credit left, or has reached its limit. Add credit, or choose another provider"
    case "ModelUnknown":
      return `There is no model ${error.model} for this key. GET /providers lists the models`
    case "RateLimited":
      return "Too many requests in too short a time. Parley waits and asks again"
    case "Overloaded":
      return "The service is overloaded. Parley waits and asks again"
    case "ServerFailed":
      return "The service failed at the request. Its own log or status page may say why"
    case "TimedOut":
      return `There was no answer within ${error.afterMs / 1000} s. Look whether the server works; a large model may need more time to load`
    case "Crashed":
      return `The connection or the process broke. Check ${address}, and that it speaks the provider's protocol`
    case "InvalidRequest":
      return `The request was refused. Check ${address} and the model`
    case "Refused":
      return "The model, or a filter before it, does not answer this. Say it in another way, or choose another model"
    case "ContextExceeded":
      return "The conversation is longer than the model reads. Choose a model with a larger window"
    case "ImagesRefused":
      return "The model takes no images. Choose another model for rooms with images"
    case "SessionLost":
      return "The session is gone. Parley opens a new one"
    case "TooManyToolCalls":
      return "The model did not stop calling tools. Choose another model"
    case "TooLong":
      return "The model did not come to an end. Choose another model, or a smaller MAX_OUTPUT_TOKENS"
    case "Unreadable":
      return "The answer holds nothing that can be used. Choose another model if it happens again"
  }
}

/** What happened to a provider and what to do about it, in plain sentences: for the log, the doctor and clients. */
export const explain = (error: ProviderError, provider: string) => {
  // Of a connection that never was, nobody said anything.
  const reason = error._tag === "Unreachable" ? "" : reasonOf(error)
  return `${adviceOn(error, provider)}${reason === "" ? "." : `. It says: ${reason.replace(/\.$/, "")}.`}`
}
