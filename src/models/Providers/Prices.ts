import type { Tokens } from "../../domain/Usage.ts"

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
}

export type Prices = Readonly<Record<string, Price>>

const price = (input: number, output: number, cacheShare = 0.1): Price => ({
  input,
  output,
  cacheRead: input * cacheShare,
  cacheWrite: input * 1.25
})

/** By how the names of the models begin; of several the longest. */
export const claude: Prices = {
  "claude-fable-5": price(10, 50),
  "claude-fable-5-1": price(10, 50, 0.025),
  "claude-opus-5-5": price(4, 20, 0.05),
  "claude-opus-5": price(5, 25),
  "claude-opus-4": price(15, 75),
  "claude-opus-4-5": price(5, 25),
  "claude-opus-4-6": price(5, 25),
  "claude-opus-4-7": price(5, 25),
  "claude-opus-4-8": price(5, 25),
  "claude-sonnet-5-5": price(2, 10, 0.05),
  "claude-sonnet-5": price(2, 10),
  "claude-sonnet-4": price(3, 15),
  "claude-3-7-sonnet": price(3, 15),
  "claude-3-5-sonnet": price(3, 15),
  "claude-haiku-4": price(1, 5),
  "claude-3-5-haiku": price(0.8, 4),
  "claude-3-haiku": price(0.25, 1.25),
  "claude-3-opus": price(15, 75)
}

/** Prices as a person writes them: `gpt-5=1.25/10`. What is read from a cache counts in full, for want of a price. */
export const read = (items: ReadonlyArray<string>): Prices =>
  Object.fromEntries(
    items.map((item) => {
      const [prefix = "", amounts = ""] = item.split("=")
      const [input = 0, output = 0] = amounts.split("/").map(Number)
      return [prefix, price(input, output, 1)]
    })
  )

const million = 1_000_000

/** What the tokens cost; null where no price is known. */
export const costOf = (prices: Prices, model: string, usage: Tokens): number | null => {
  const [name] = Object.keys(prices)
    .filter((prefix) => model.startsWith(prefix))
    .toSorted((one, other) => other.length - one.length)
  const known = name === undefined ? undefined : prices[name]
  return known === undefined
    ? null
    : (usage.inputTokens * known.input +
        usage.outputTokens * known.output +
        usage.cacheReadTokens * known.cacheRead +
        usage.cacheWriteTokens * known.cacheWrite) /
        million
}
