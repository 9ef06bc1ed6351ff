import { client } from "./api.ts"
import { byId, h, hue } from "./dom.ts"
import { type Usage, type Who, whoWas } from "./wire.ts"
import { locale, words } from "./words.ts"

const budgets = byId("budgets", HTMLElement)
const rows = byId("usage-agents", HTMLTableSectionElement)
const sum = byId("usage-sum", HTMLTableSectionElement)

const whole = new Intl.NumberFormat(locale)
const share = new Intl.NumberFormat(locale, { style: "percent" })
const money = new Intl.NumberFormat(locale, { style: "currency", currency: "USD", maximumFractionDigits: 4 })

type Sums = Pick<
  Usage,
  | "input_tokens"
  | "output_tokens"
  | "cache_read_tokens"
  | "cache_write_tokens"
  | "cost_usd"
  | "counted_tokens"
  | "counted_usd"
>

/** What no provider has told is not nothing. */
const untold = "–"
export const number = (value: number | null) => (value === null ? untold : whole.format(value))
export const price = (value: number | null) => (value === null ? untold : money.format(value))

const total = (parts: ReadonlyArray<number | null>) =>
  parts.every((part) => part === null) ? null : parts.reduce<number>((all, part) => all + (part ?? 0), 0)

const told = (sums: Sums) =>
  total([sums.input_tokens, sums.output_tokens, sums.cache_read_tokens, sums.cache_write_tokens]) ?? 0

/** What the tokens that count are made of: what the provider has told, and what stands for the rest. */
export const partsOf = (sums: Sums) => {
  const parts = words.parts(
    number(sums.input_tokens),
    number(sums.output_tokens),
    number(total([sums.cache_read_tokens, sums.cache_write_tokens]))
  )
  const rest = sums.counted_tokens - told(sums)
  return rest > 0 ? `${parts} · ${words.setAside(number(rest))}` : parts
}

const budget = (label: string, spent: number, limit: number | null, format: (value: number) => string) => {
  const meter = limit === null ? [] : [h("meter", { "aria-label": label, max: limit || 1, value: limit ? spent : 1 })]
  const text = limit === null ? words.noBudget(format(spent)) : words.spentOf(format(spent), format(limit))
  return h("div", { class: "budget" }, h("p", {}, h("span", {}, label), h("span", {}, text)), ...meter)
}

const rate = ({ cache_hit_rate }: Pick<Usage, "cache_hit_rate">) =>
  cache_hit_rate === null ? "" : ` (${share.format(cache_hit_rate)})`

const row = ({ name, shown }: Who, sums: Sums & Pick<Usage, "cache_hit_rate" | "reply_count">) =>
  h(
    "tr",
    hue(name),
    h("th", { scope: "row" }, shown),
    h("td", {}, number(sums.reply_count)),
    h("td", {}, number(sums.counted_tokens), h("span", { class: "hint" }, partsOf(sums), rate(sums))),
    h("td", {}, price(sums.counted_usd))
  )

const byCost = (one: Usage["agents"][number], other: Usage["agents"][number]) =>
  other.counted_usd - one.counted_usd || other.counted_tokens - one.counted_tokens

/** Shows what a room and its agents have used, and what of the budgets is left. */
export const showCosts = async (room: number, isCurrent: () => boolean) => {
  const usage = await client.rounds.usage({ path: { room_id: room } })
  if (!isCurrent()) return
  budgets.replaceChildren(
    budget(words.tokensTitle, usage.spent_tokens, usage.budget_tokens, number),
    budget(words.money, usage.spent_usd, usage.budget_usd, price)
  )
  rows.replaceChildren(...usage.agents.toSorted(byCost).map((agent) => row(whoWas(agent), agent)))
  sum.replaceChildren(row({ name: words.whole, shown: words.whole }, usage))
}
