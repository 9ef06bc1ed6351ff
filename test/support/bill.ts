import type { Spending } from "../../src/domain/Usage.ts"

/** Keeps what a turn has taken so far. */
export const makeBill = () => {
  let spending: Spending = { usage: null, isWhole: true }
  return {
    spend: (latest: Spending) => {
      spending = latest
    },
    spending: () => spending,
    usage: () => spending.usage
  }
}
