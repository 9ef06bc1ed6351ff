import { client } from "./api.ts"
import { announce, byId, clock, h, hue, write } from "./dom.ts"
import { heard, speakerOf, thoughts } from "./message.ts"
import type { Message } from "./wire.ts"
import { words } from "./words.ts"

const button = byId("feedback-open", HTMLButtonElement)
const news = byId("feedback-news", HTMLElement)
const list = byId("critiques", HTMLOListElement)
const none = byId("critiques-none", HTMLElement)

const seenKey = "parley.critiques"
/** The newest critique of each room that this browser has shown. */
const seen: Record<string, number> = JSON.parse(localStorage.getItem(seenKey) ?? "{}")

const critique = (message: Message) => {
  const { name, shown } = speakerOf(message)
  return h(
    "li",
    { class: "critique", ...hue(name) },
    h("p", { class: "byline" }, h("strong", {}, shown), clock(message.timestamp)),
    ...(message.thinking ? [thoughts(message.thinking)] : []),
    h("div", { class: "words" }, message.content)
  )
}

/** What critics wrote in private. Its button is there when a critic sits in the room or has written. */
export const makeFeedback = () => {
  let room = 0
  let newest = 0
  let count = 0

  const mark = (isShown: boolean, hasCritics: boolean) => {
    if (isShown && newest > (seen[room] ?? 0)) {
      seen[room] = newest
      localStorage.setItem(seenKey, JSON.stringify(seen))
    }
    const isNew = newest > (seen[room] ?? 0)
    button.hidden = count === 0 && !hasCritics
    button.toggleAttribute("data-news", isNew)
    write(news, isNew ? words.unreadFeedback : "")
  }

  return {
    mark,
    /** Reads them again. */
    async show(wanted: number, at: { readonly isCurrent: () => boolean; readonly isShown: () => boolean }) {
      const found = await client.rounds.critiques({ path: { room_id: wanted } })
      if (!at.isCurrent()) return
      const before = room === wanted ? newest : Infinity
      room = wanted
      count = found.length
      newest = found.at(-1)?.id ?? 0
      list.replaceChildren(...found.toReversed().map(critique))
      none.hidden = count > 0
      for (const message of found) {
        if (at.isShown() && message.id > before) announce(heard(message))
      }
    }
  }
}
