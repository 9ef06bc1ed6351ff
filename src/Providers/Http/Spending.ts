import type { Usage } from "../../domain/Provider.ts"
import type { Spent } from "./Protocol.ts"

/** What the requests of a turn have taken so far. */
export interface Spending {
  readonly requests: number
  readonly usage: Usage
}

export const none: Spending = {
  requests: 0,
  usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 }
}

export const add = ({ requests, usage }: Spending, spent: Spent, costUsd: number | null): Spending => ({
  requests: requests + 1,
  usage: {
    inputTokens: usage.inputTokens + spent.inputTokens,
    outputTokens: usage.outputTokens + spent.outputTokens,
    cacheReadTokens: usage.cacheReadTokens + spent.cacheReadTokens,
    cacheWriteTokens: usage.cacheWriteTokens + spent.cacheWriteTokens,
    costUsd: usage.costUsd === null || costUsd === null ? null : usage.costUsd + costUsd
  }
})
