import { showCosts } from "./costs.ts"
import { byId } from "./dom.ts"
import { makeFeedback } from "./feedback.ts"
import { makePanel } from "./panel.ts"
import type { OpenRoom } from "./room.ts"
import { makeRounds } from "./rounds.ts"
import type { RoomEvent } from "./wire.ts"

const costsView = byId("costs", HTMLElement)
const feedbackView = byId("feedback", HTMLElement)

const costing: ReadonlySet<RoomEvent["type"]> = new Set([
  "stream_end",
  "round_started",
  "round_ended",
  "room_updated",
  "new_critique"
])

/** What the side shows of the open room: what it cost, and what critics wrote. */
export const makeSide = (options: {
  readonly room: () => OpenRoom | null
  readonly failed: (error: unknown) => void
}) => {
  const rounds = makeRounds({ called: (name) => options.room()?.called(name) ?? name, failed: options.failed })
  const feedback = makeFeedback()

  const read = (work: (room: number, isCurrent: () => boolean) => Promise<unknown>) => () => {
    const id = options.room()?.id
    if (id !== undefined) void work(id, () => options.room()?.id === id).catch(options.failed)
  }

  const costs = read((room, isCurrent) => Promise.all([showCosts(room, isCurrent), rounds.show(room, isCurrent)]))

  const mark = () => {
    const hasCritics = options
      .room()
      ?.agents()
      .some(({ is_critic }) => is_critic)
    feedback.mark(panel.shows(feedbackView), hasCritics ?? false)
  }

  const critiques = read(async (room, isCurrent) => {
    await feedback.show(room, { isCurrent, isShown: () => panel.shows(feedbackView) })
    if (isCurrent()) mark()
  })

  const panel = makePanel([
    { button: byId("costs-open", HTMLButtonElement), section: costsView, show: costs },
    { button: byId("feedback-open", HTMLButtonElement), section: feedbackView, show: critiques }
  ])

  return {
    close: panel.close,
    /** Who sits in the room is known. */
    seated: mark,

    entered() {
      critiques()
      if (panel.shows(costsView)) costs()
    },

    happened({ type }: RoomEvent) {
      if (costing.has(type) && panel.shows(costsView)) costs()
      if (type === "new_critique" || type === "messages_cleared") critiques()
    }
  }
}
