import { type Fields, fields, number } from "../Http/Lenient.ts"
import { dollars, type Told, tokens } from "../Tally.ts"

/** Under the names that servers have for them. */
const names = {
  prompt: ["prompt_tokens", "input_tokens", "prompt_eval_count"],
  completion: ["completion_tokens", "output_tokens", "eval_count"],
  total: ["total_tokens"],
  cached: ["cached_tokens", "prompt_cache_hit_tokens"],
  written: ["cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens"]
} as const

const first = (it: Fields, keys: ReadonlyArray<string>) => {
  for (const key of keys) {
    const found = tokens(number(it[key]))
    if (found !== null) return found
  }
  return null
}

const larger = (one: number | null, other: number | null) =>
  one === null || other === null ? (one ?? other) : Math.max(one, other)

/** OpenRouter's fee for a key of one's own leaves out what the vendor behind it takes. */
const costIn = (usage: Fields) => {
  const named = [usage["cost"], fields(usage["cost"])["total_cost"], usage["total_cost"], usage["estimated_cost"]]
  const cost = named.map((it) => dollars(number(it))).find((it) => it !== null) ?? null
  if (usage["is_byok"] !== true) return cost
  const behind = dollars(number(fields(usage["cost_details"])["upstream_inference_cost"]))
  return behind === null ? cost : behind + (cost ?? 0)
}

/**
 * What the events of an answer tell of its tokens and its price. A later event may add to it, and takes nothing back.
 */
export const make = () => {
  let prompt: number | null = null
  let completion: number | null = null
  let total: number | null = null
  let cached: number | null = null
  let written: number | null = null
  let cost: number | null = null

  const note = (usage: Fields) => {
    const details = fields(usage["prompt_tokens_details"] ?? usage["input_tokens_details"])
    prompt = larger(prompt, first(usage, names.prompt))
    completion = larger(completion, first(usage, names.completion))
    total = larger(total, first(usage, names.total))
    cached = larger(cached, first(details, names.cached) ?? first(usage, names.cached))
    written = larger(written, first(details, names.written) ?? first(usage, names.written))
    cost = larger(cost, costIn(usage))
  }

  return {
    note,
    /** Null as long as nothing is told that can be believed. */
    told: (model: string): Told | null => {
      if ((prompt ?? completion ?? total ?? cost) === null) return null
      const input = prompt ?? Math.max(0, (total ?? 0) - (completion ?? 0))
      const read = Math.min(cached ?? 0, input)
      const kept = Math.min(written ?? 0, input - read)
      return {
        model,
        tokens: {
          inputTokens: input - read - kept,
          // Some count the thoughts in nothing but the total.
          outputTokens: Math.max(completion ?? 0, (total ?? 0) - input),
          cacheReadTokens: read,
          cacheWriteTokens: kept
        },
        costUsd: cost
      }
    }
  }
}

/** Where an event may tell of them. */
export const placesOf = (event: Fields, choice: Fields): ReadonlyArray<unknown> =>
  "prompt_eval_count" in event
    ? [event]
    : [event["usage"], choice["usage"], fields(event["x_groq"])["usage"]].filter(
        (it) => it !== undefined && it !== null
      )
