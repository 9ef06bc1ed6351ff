import { Clock, Effect } from "effect"
import type { ProviderError } from "../../../domain/ProviderError.ts"
import type { KnownModels } from "../../../domain/ModelTraits.ts"
import { type Asked, classify } from "../Classify.ts"
import { type Complaint, readBody } from "../Complaint.ts"
import { learnt, type Sent } from "../Learn.ts"
import * as Body from "./Body.ts"
import type { Answer } from "./Transport.ts"

const largestReason = 65_536

// An endpoint that refuses and then falls silent has refused all the same.
const complaintOf = (answer: Answer): Effect.Effect<Complaint> =>
  Body.text(answer, largestReason).pipe(
    Effect.timeoutTo({ duration: "1 second", onSuccess: (body) => body, onTimeout: () => "" }),
    Effect.orElseSucceed(() => ""),
    Effect.map((body) => readBody(answer.status, body))
  )

/** How LiteLLM marks what the vendor behind it told. */
const behind = "llm_provider-"

/** When the provider, or the one behind it, asks to be tried again. */
const retryAfter = ({ headers }: Answer) =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const told = (name: string) => String(headers[name] ?? headers[`${behind}${name}`] ?? "").trim()
    const precise = Number.parseFloat(told("retry-after-ms"))
    if (precise >= 0) return Math.ceil(precise)
    const asked = told("retry-after")
    if (/^\d+(\.\d+)?$/.test(asked)) return Math.ceil(Number(asked) * 1000)
    const until = Date.parse(asked)
    return Number.isNaN(until) ? null : Math.max(0, until - now)
  })

/** What an answer that is not a success says, and what it means. */
export const refusal = Effect.fnUntraced(function* (answer: Answer, asked: Omit<Asked, "retryAfterMs">) {
  const [retryAfterMs, complaint] = [yield* retryAfter(answer), yield* complaintOf(answer)]
  return { complaint, error: classify(complaint, { ...asked, retryAfterMs }) }
})

/** A request that was refused, and why. */
interface RefusedRequest {
  readonly model: string
  readonly sent: Sent
  readonly complaint: Complaint
  readonly error: ProviderError
}

/** Keeps what a refusal teaches about the model. True when the same can be asked in another way. */
export const learn = (traits: KnownModels, { complaint, error, model, sent }: RefusedRequest) => {
  const known = traits.of(model)
  const { _tag } = error
  if (_tag === "InvalidRequest" || _tag === "ServerFailed" || _tag === "ContextExceeded") {
    const taught = learnt(known, complaint, sent, _tag !== "ContextExceeded")
    if (taught !== null) {
      traits.keep(taught)
      return true
    }
  }
  return false
}
