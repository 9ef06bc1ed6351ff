import type { StopReason } from "../domain/Round.ts"
import { client, pageBefore, roundsPage } from "./api.ts"
import type { Feed, Moment } from "./feed.ts"
import { type EventOf, type Round, type RoundSummary, whoWas } from "./wire.ts"
import { words } from "./words.ts"

type TurnEnd = Pick<Round["turns"][number], "agent_name" | "agent_display_name" | "outcome"> & {
  readonly id: number
  readonly error: { readonly _tag: string } | null
}
type RoundEnd = Pick<RoundSummary, "id" | "stop_reason" | "stop_detail">

interface Filling {
  readonly isCurrent: () => boolean
  /** Told the rounds that have not ended, oldest first. */
  readonly open: (rounds: ReadonlyArray<number>) => void
}

/** Pages of rounds that are read for a page of messages; a room may have many rounds in which nobody spoke. */
const mostPages = 2

/** What became of the rounds, between the messages: as it happens, and read again for what happened before. */
export const makeHistory = (room: number, feed: Feed) => {
  let read: ReadonlyArray<RoundSummary> = []
  let isWhole = false
  let last: StopReason | null = null
  let filling: Promise<unknown> = Promise.resolve()
  const placed = new Set<number>()

  const turnEnded = (turn: TurnEnd, moment: Moment) => {
    const { error, id, outcome } = turn
    const { shown } = whoWas(turn)
    if (outcome === null) return
    if (outcome === "skipped") return feed.skip(`turn ${id}`, shown, moment)
    const text = words.outcome(shown, outcome, error)
    if (text !== null) feed.notice(`turn ${id}`, text, outcome === "failed" ? "trouble" : "quiet", moment)
  }

  const roundEnded = ({ id, stop_detail, stop_reason }: RoundEnd, moment: Moment) => {
    if (stop_reason === null) return
    const text = words.stopped(stop_reason, stop_detail)
    if (text !== null) feed.notice(`round ${id}`, text, "end", moment)
  }

  /** The turns are asked for only where one of them left no message. */
  const place = async (summary: RoundSummary) => {
    placed.add(summary.id)
    const { turns } =
      summary.turn_count > summary.reply_count
        ? await client.rounds.get({ path: { room_id: room, round_id: summary.id } })
        : { turns: [] }
    for (const turn of turns) if (turn.reason !== "critic") turnEnded(turn, turn.ended_at ?? summary.started_at)
    roundEnded(summary, summary.ended_at ?? summary.started_at)
  }

  const nextPage = async () => {
    const page = await client.rounds.list({
      path: { room_id: room },
      urlParams: pageBefore(read.at(-1)?.id ?? null, roundsPage)
    })
    read = [...read, ...page]
    isWhole = page.length < roundsPage
  }

  const hasAllSince = (at: string) => isWhole || (read.at(-1)?.started_at ?? "~") < at

  const reach = async (since: string, pages: number): Promise<void> => {
    if (pages === 0 || hasAllSince(since)) return
    await nextPage()
    await reach(since, pages - 1)
  }

  const fill = async ({ isCurrent, open }: Filling) => {
    const since = feed.oldest()?.at ?? "~"
    await reach(since, mostPages)
    if (!isCurrent()) return
    last ??= read.find(({ stop_reason }) => stop_reason !== null)?.stop_reason ?? null
    open(read.flatMap(({ ended_at, id }) => (ended_at === null ? id : [])).toReversed())
    const due = read.filter(({ ended_at, id }) => !placed.has(id) && (ended_at ?? "~") >= since)
    // The newest first, and one after the other: it is the reader's own line that they come through.
    for (const round of due) if (isCurrent()) await place(round)
  }

  return {
    /** Why the newest round ended. */
    last: () => last,

    ended(event: EventOf<"stream_end" | "round_ended">) {
      if (event.type === "stream_end") return turnEnded({ ...event, id: event.turn_id }, "now")
      last = event.stop_reason
      roundEnded({ ...event, id: event.round_id }, "now")
    },

    /** Puts in place what happened among the messages that are shown. */
    recall(how: Filling) {
      const filled = filling.then(() => fill(how))
      filling = filled.catch(() => {})
      return filled
    }
  }
}
