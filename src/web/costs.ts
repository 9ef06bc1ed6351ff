import { client } from "./api.ts"
import { byId, h, hue } from "./dom.ts"
import type { Usage } from "./wire.ts"
import { locale, words } from "./words.ts"

const budgets = byId("budgets", HTMLElement)
const rows = byId("usage-agents", HTMLTableSectionElement)
const sum = byId("usage-sum", HTMLTableSectionElement)

const whole = new Intl.NumberFormat(locale)
const share = new Intl.NumberFormat(locale, { style: "percent" })
const money = new Intl.NumberFormat(locale, { style: "currency", currency: "USD", maximumFractionDigits: 4 })

type Sums = Pick<
  Usage,
  "input_tokens" | "output_tokens" | "cache_read_tokens" | "cache_write_tokens" | "cost_usd" | "reply_count"
>
type Tokens = Omit<Sums, "reply_count">

/** What no provider has told is not nothing. */
const untold = "–"
export const number = (value: number | null) => (value === null ? untold : whole.format(value))
export const price = (value: number | null) => (value === null ? untold : money.format(value))

const total = (parts: ReadonlyArray<number | null>) =>
  parts.every((part) => part === null) ? null : parts.reduce<number>((all, part) => all + (part ?? 0), 0)

export const tokensOf = (sums: Tokens) =>
  total([sums.input_tokens, sums.output_tokens, sums.cache_read_tokens, sums.cache_write_tokens])

export const partsOf = (sums: Tokens) =>
  words.parts(
    number(sums.input_tokens),
    number(sums.output_tokens),
    number(total([sums.cache_read_tokens, sums.cache_write_tokens]))
  )

const budget = (label: string, spent: number, limit: number | null, format: (value: number) => string) => {
  const meter = limit === null ? [] : [h("meter", { "aria-label": label, max: limit || 1, value: limit ? spent : 1 })]
  const text = limit === null ? words.noBudget(format(spent)) : words.spentOf(format(spent), format(limit))
  return h("div", { class: "budget" }, h("p", {}, h("span", {}, label), h("span", {}, text)), ...meter)
}

const rate = ({ cache_hit_rate }: Pick<Usage, "cache_hit_rate">) =>
  cache_hit_rate === null ? "" : ` (${share.format(cache_hit_rate)})`

const row = (name: string, sums: Sums & Pick<Usage, "cache_hit_rate">) =>
  h(
    "tr",
    hue(name),
    h("th", { scope: "row" }, name),
    h("td", {}, number(sums.reply_count)),
    h("td", {}, number(tokensOf(sums)), h("span", { class: "hint" }, partsOf(sums), rate(sums))),
    h("td", {}, price(sums.cost_usd))
  )

const byCost = (one: Usage["agents"][number], other: Usage["agents"][number]) =>
  (other.cost_usd ?? 0) - (one.cost_usd ?? 0) || (tokensOf(other) ?? 0) - (tokensOf(one) ?? 0)

/** Shows what a room and its agents have used, and what of the budgets is left. */
export const showCosts = async (room: number, isCurrent: () => boolean) => {
  const usage = await client.rounds.usage({ path: { room_id: room } })
  if (!isCurrent()) return
  budgets.replaceChildren(
    budget(words.tokensTitle, usage.spent_tokens, usage.budget_tokens, number),
    budget(words.money, usage.spent_usd, usage.budget_usd, price)
  )
  rows.replaceChildren(...usage.agents.toSorted(byCost).map((agent) => row(agent.agent_name, agent)))
  sum.replaceChildren(row(words.whole, usage))
}
