export interface Tokens {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
}

/** Tokens and estimated cost. */
export interface Usage extends Tokens {
  /** US dollars by the provider's own table; null where it names no price. */
  readonly costUsd: number | null
}

/** What a turn has taken so far, as far as its vendor has told. */
export interface Spending {
  /** Of all its requests together; null as long as nothing is told of any. */
  readonly usage: Usage | null
  /** False while there is a request of which nothing is told. */
  readonly isWhole: boolean
}

export const totalOf = ({ cacheReadTokens, cacheWriteTokens, inputTokens, outputTokens }: Tokens) =>
  inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens

/** Both together; what is not known does not count. */
export const plus = (one: Usage | null, other: Usage | null): Usage | null =>
  one === null || other === null
    ? (one ?? other)
    : {
        inputTokens: one.inputTokens + other.inputTokens,
        outputTokens: one.outputTokens + other.outputTokens,
        cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
        cacheWriteTokens: one.cacheWriteTokens + other.cacheWriteTokens,
        costUsd: one.costUsd === null || other.costUsd === null ? null : one.costUsd + other.costUsd
      }

/** What is set aside for something that will cost: tokens of every kind, and US dollars. */
export interface Amount {
  readonly tokens: number
  readonly usd: number
}

/** The text that costs as much as an image: at three characters a token, none takes more than 5,000 tokens. */
export const charactersOfImage = 15_000
