import { type RequestField, smallestAnswer, type ModelTraits } from "../../domain/ModelTraits.ts"
import type { Complaint } from "./Complaint.ts"
import { contextSizeIn } from "../../domain/ContextSize.ts"

const notTaken =
  /support|unknown|unrecogni[sz]ed|unexpected|extra|not (permitted|allowed|available|enabled|implemented)|unsupported|invalid|must be enabled|requires? .*--|no endpoints|instead|cannot|can't/i

const named: ReadonlyArray<readonly [RequestField, RegExp]> = [
  ["stream_options", /stream_options|include_usage/i],
  ["cache_control", /cache_control/i],
  ["thinking", /\bthinking\b|reasoning[_ ]effort|budget_tokens/i],
  ["temperature", /\btemperature\b/i],
  ["max_completion_tokens", /max_completion_tokens/i],
  ["max_tokens", /max_tokens/i],
  ["tools", /\btools?\b|tool[_ ](use|choice|call)|function[_ -]?call/i],
  ["system", /system[_ ](role|message|prompt|instruction)|developer instruction|role.{0,20}system/i]
]

const largestAnswer = /max_(?:completion_)?tokens/i
const counts = /\d[\d,_]*/g

/** The limit in "max_tokens: 8192 > 4096, which is the maximum": the largest number below what was asked for. */
const outputIn = (message: string, asked: number) => {
  if (!largestAnswer.test(message)) return null
  const told = (message.match(counts) ?? []).map((it) => Number(it.replaceAll(/[,_]/g, "")))
  const smaller = told.filter((it) => it >= smallestAnswer && it < asked)
  return smaller.length === 0 ? null : Math.max(...smaller)
}

/** A request that was refused. */
export interface Sent {
  readonly fields: ReadonlySet<RequestField>
  readonly maxOutputTokens: number
}

/**
 * What a refusal teaches about the model; null when it teaches nothing that makes another request of it. Asked again,
 * the model is asked without the first field that the refusal names, or for a shorter answer; without a field only
 * where `mayBeField` says so.
 */
export const learnt = (
  known: ModelTraits,
  { code, message }: Complaint,
  sent: Sent,
  mayBeField: boolean
): ModelTraits | null => {
  const said = `${code} ${message}`
  const size = contextSizeIn(said)
  const output = outputIn(said, sent.maxOutputTokens)
  if (output !== null) {
    const window = size === null || !/context|prompt/i.test(said) ? null : size.most
    const most = window === null ? output : Math.min(output, Math.floor(window / 4))
    if (most >= smallestAnswer)
      return { ...known, max_output_tokens: most, context_tokens: window ?? known.context_tokens }
  }
  if (!mayBeField || !notTaken.test(said)) return null
  const field = named.find(([name, says]) => sent.fields.has(name) && says.test(said))?.[0]
  return field === undefined ? null : { ...known, without: [...known.without, field] }
}
