import { Schema } from "effect"

/** Nobody reads less. */
export const leastWindow = 256
const largest = 100_000_000

/** How many tokens a model reads at once, where somebody tells it. */
export const ContextTokens = Schema.Int.pipe(Schema.between(leastWindow, largest))

/** The sizes that a refusal of a too long conversation tells, in tokens. */
export interface ContextSize {
  /** What the model can read at once. */
  readonly most: number
  /** What the refused request would have taken; null where it is not told. */
  readonly asked: number | null
}

const number = String.raw`(\d[\d,_]*)`
const forms = [
  new RegExp(String.raw`n_ctx\D{0,3}${number}`, "i"),
  new RegExp(String.raw`>\s*${number}`),
  new RegExp(String.raw`${number}\s*(?:tokens?\s*)?(?:maximum|max\b)`, "i"),
  new RegExp(String.raw`(?:maximum|available|limit|only|at most|up to|length of)[^\d]{0,60}${number}`, "i")
]

const valueOf = (digits: string) => Number(digits.replaceAll(/[,_]/g, ""))

/** Reads them from a vendor's words, such as "prompt is too long: 210000 tokens > 200000 maximum". */
export const contextSizeIn = (message: string): ContextSize | null => {
  const found = forms
    .map((form) => valueOf(form.exec(message)?.[1] ?? "0"))
    .find((it) => it >= leastWindow && it <= largest)
  if (found === undefined) return null
  const others = [...message.matchAll(new RegExp(number, "g"))].map(([digits]) => valueOf(digits))
  const larger = others.filter((it) => it > found && it <= largest)
  return { most: found, asked: larger.length === 0 ? null : Math.max(...larger) }
}
