import { fields, number } from "../Http/Lenient.ts"
import { type Told, tokens } from "../Tally.ts"

const names = ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"] as const

/** Each count is of the whole answer so far: a later one that is left out, or less, has not changed. */
export const make = () => {
  const counts: Record<(typeof names)[number], number | null> = {
    input_tokens: null,
    output_tokens: null,
    cache_read_input_tokens: null,
    cache_creation_input_tokens: null
  }
  return {
    /** What is told of the answer now; null where this tells nothing that can be believed. */
    note: (model: string, usage: unknown): Told | null => {
      const told = fields(usage)
      let isNews = false
      for (const name of names) {
        const count = tokens(number(told[name]))
        if (count === null) continue
        isNews = true
        counts[name] = Math.max(counts[name] ?? 0, count)
      }
      if (!isNews) return null
      return {
        model,
        tokens: {
          inputTokens: counts.input_tokens,
          outputTokens: counts.output_tokens,
          cacheReadTokens: counts.cache_read_input_tokens,
          cacheWriteTokens: counts.cache_creation_input_tokens
        },
        costUsd: null
      }
    }
  }
}
