import { client, pageBefore } from "./api.ts"
import { number, partsOf, price } from "./costs.ts"
import { byId, clock, h, hue } from "./dom.ts"
import { type Round, type RoundSummary, whoWas } from "./wire.ts"
import { settingWords, words } from "./words.ts"

const list = byId("rounds", HTMLElement)
const none = byId("rounds-none", HTMLElement)
const older = byId("rounds-older", HTMLButtonElement)

const pageSize = 20

type Turn = Round["turns"][number]

const joined = (parts: ReadonlyArray<string | null>) => parts.filter(Boolean).join(" · ")

const spoken = (turn: Turn) => {
  const isTrouble = turn.outcome === "failed" || turn.error !== null
  const outcome = turn.outcome === null ? words.underWay : words.outcomes[turn.outcome]
  const cost = joined([`${words.tokens(number(turn.counted_tokens))} (${partsOf(turn)})`, price(turn.counted_usd)])
  const times = joined([
    turn.first_token_ms === null ? null : words.firstToken(number(Math.round(turn.first_token_ms))),
    turn.duration_ms === null ? null : words.took(number(Math.round(turn.duration_ms)))
  ])
  const trace =
    turn.trace_id === null ? [] : [h("p", {}, `${words.traceOf} `, traceLink(turn.trace_url, turn.trace_id))]
  const { name, shown } = whoWas(turn)
  return h(
    "li",
    hue(name),
    h("p", {}, h("strong", {}, shown), ` ${words.reasons[turn.reason]}`),
    h(
      "p",
      isTrouble ? { class: "trouble" } : {},
      joined([outcome, words.cuts[turn.finish ?? "stop"], isTrouble ? words.failure(turn.error) : null])
    ),
    h("p", { class: "hint" }, joined([turn.model, cost, times])),
    h("div", { class: "hint" }, ...trace)
  )
}

const traceLink = (url: string | null, words: string) =>
  url === null ? h("code", {}, words) : h("a", { href: url, target: "_blank", rel: "noreferrer" }, words)

/** Those of the plan that it did not come to. */
const unreached = ({ ended_at, tape, turns }: Round) => {
  const took = new Set(turns.map(({ agent_id, cell }) => `${cell} ${agent_id}`))
  return tape.flatMap(({ after, speakers }, cell) =>
    ended_at === null || after !== null ? [] : speakers.filter(({ agent_id }) => !took.has(`${cell} ${agent_id}`))
  )
}

const detail = (round: Round, called: (name: string) => string) => {
  const unknown = round.trigger.kind === "message" ? round.trigger.unknown_mentions.map(String) : []
  const policy = settingWords.fields.turn_policy.choices?.[round.policy] ?? round.policy
  const silent = unreached(round).map(({ name, reason }) =>
    h("li", hue(name), h("p", {}, h("strong", {}, called(name)), ` ${words.reasons[reason]}`), words.notReached)
  )
  return [
    h("p", { class: "hint" }, joined([policy, words.seed(round.seed), round.stop_detail])),
    ...(round.cause_trace_url === null
      ? []
      : [h("p", { class: "hint" }, traceLink(round.cause_trace_url, words.causeTrace))]),
    ...(unknown.length > 0 ? [h("p", { class: "hint" }, words.unknownMentions(unknown))] : []),
    h("ol", { class: "turns" }, ...round.turns.map(spoken), ...silent)
  ]
}

const headline = (round: RoundSummary) => [
  h("span", {}, round.stop_reason === null ? words.underWay : words.stops[round.stop_reason]),
  clock(round.started_at),
  h(
    "span",
    { class: "hint" },
    joined([
      words.kinds[round.kind] ?? round.kind,
      words.replies(round.reply_count),
      ...(round.turn_count > 0 ? [words.tokens(number(round.counted_tokens)), price(round.counted_usd)] : [])
    ])
  )
]

/** The last rounds of a room, each of which opens to tell who spoke, why, and what it cost. */
export const makeRounds = ({
  called,
  failed
}: {
  readonly called: (name: string) => string
  readonly failed: (error: unknown) => void
}) => {
  let room = 0
  let items = new Map<number, { readonly item: HTMLDetailsElement; readonly update: (round: RoundSummary) => void }>()
  let oldest: number | null = null

  const make = (id: number) => {
    const body = h("div", {})
    const summary = h("summary", {})
    const item = h("details", {}, summary, body)
    let isOver = false
    const read = () => {
      if (!item.open || isOver) return
      const show = (round: Round) => {
        isOver = round.ended_at !== null
        body.replaceChildren(...detail(round, called))
      }
      void client.rounds.get({ path: { room_id: room, round_id: id } }).then(show, failed)
    }
    item.addEventListener("toggle", read)
    return {
      item,
      update(round: RoundSummary) {
        summary.replaceChildren(...headline(round))
        read()
      }
    }
  }

  const show = (page: ReadonlyArray<RoundSummary>) => {
    for (const round of page) {
      const known = items.get(round.id) ?? make(round.id)
      items.set(round.id, known)
      known.update(round)
    }
    const sorted = [...items].toSorted(([one], [other]) => other - one).map(([, { item }]) => item)
    // Those that are there already stay where they are, and with them the focus.
    sorted.forEach((item, place) => {
      if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null)
    })
    none.hidden = items.size > 0
  }

  const read = async (before: number | null, isCurrent: () => boolean) => {
    const page = await client.rounds.list({ path: { room_id: room }, urlParams: pageBefore(before, pageSize) })
    if (!isCurrent()) return
    show(page)
    if (before === null && oldest !== null) return
    oldest = page.at(-1)?.id ?? oldest
    older.hidden = page.length < pageSize
  }

  older.addEventListener("click", () => {
    const asked = room
    void read(oldest, () => room === asked).catch(failed)
  })

  return {
    async show(wanted: number, isCurrent: () => boolean) {
      if (room !== wanted) {
        room = wanted
        items = new Map()
        oldest = null
        older.hidden = true
        list.replaceChildren()
      }
      await read(null, isCurrent)
    }
  }
}
