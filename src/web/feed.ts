import { makeDrafts } from "./drafts.ts"
import { announce, byId } from "./dom.ts"
import { heard } from "./message.ts"
import { makeTimeline } from "./timeline.ts"
import type { Message } from "./wire.ts"

const scroll = byId("scroll", HTMLElement)
const list = byId("messages", HTMLOListElement)
const earlier = byId("earlier", HTMLButtonElement)
const toEnd = byId("to-end", HTMLButtonElement)

const nearEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80

export type NoticeKind = "quiet" | "trouble" | "end"

/** Where a notice stands: at a time of the past, or at the end, where it is also announced. */
export type Moment = string | "now"

/** The conversation on the page: messages, notices where they fell, and what is being said below. */
export const makeFeed = () => {
  const timeline = makeTimeline(list)
  let follows = true

  const goToEnd = () => {
    // An empty room shows who is in it, and that is read from the top.
    scroll.scrollTop = timeline.firstMessage() === undefined ? 0 : scroll.scrollHeight
    follows = true
    toEnd.hidden = true
  }

  /** Keeps a reader at the end who was there, and one who reads further up where they are. */
  const settle = () => {
    if (follows) goToEnd()
    else toEnd.hidden = false
  }

  const drafts = makeDrafts(settle)

  scroll.addEventListener("scroll", () => {
    follows = nearEnd()
    if (follows) toEnd.hidden = true
  })
  new ResizeObserver(() => follows && goToEnd()).observe(scroll)
  toEnd.addEventListener("click", goToEnd)

  /** Adds what belongs further up without moving what is being read. */
  const above = (add: () => void) => {
    const below = scroll.scrollHeight - scroll.scrollTop
    add()
    if (follows) goToEnd()
    else scroll.scrollTop = scroll.scrollHeight - below
  }

  const at = (moment: Moment) => (moment === "now" ? null : moment)

  const place = (moment: Moment, add: () => boolean) => {
    if (moment !== "now") return above(add)
    if (add()) settle()
  }

  return {
    drafts,
    goToEnd,
    isEmpty: () => timeline.firstMessage() === undefined,
    oldest: () => timeline.firstMessage() ?? null,

    hasEarlier: () => !earlier.hidden,

    /** Brings a message into view and gives it the focus; answers whether it is shown at all. */
    reveal(id: number) {
      const item = timeline.itemOf(id)
      if (item === null) return false
      follows = false
      item.tabIndex = -1
      item.scrollIntoView({ block: "center" })
      item.focus({ preventScroll: true })
      return true
    },

    clear() {
      timeline.clear()
      earlier.hidden = true
      drafts.clear()
    },

    /** Puts a page of older messages on top. */
    showPage(messages: ReadonlyArray<Message>, more: boolean) {
      above(() => {
        for (const message of messages) timeline.message(message)
        earlier.hidden = !more
      })
    },

    add(message: Message) {
      if (message.agent_id !== null) drafts.settled(message.agent_id)
      if (!timeline.message(message)) return
      settle()
      announce(heard(message))
    },

    notice(key: string, text: string, kind: NoticeKind, moment: Moment) {
      place(moment, () => {
        const isNew = timeline.notice(key, text, kind, at(moment))
        if (isNew && moment === "now") announce(text)
        return isNew
      })
    },

    skip(key: string, name: string, moment: Moment) {
      place(moment, () => timeline.skip(key, name, at(moment)))
    }
  }
}

export type Feed = ReturnType<typeof makeFeed>
