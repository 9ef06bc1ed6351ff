import type { Message } from "../domain/Message.ts"
import { makeDrafts } from "./drafts.ts"
import { announce, byId, h } from "./dom.ts"
import { heard, noticeItem, render } from "./message.ts"
import { skipped } from "./words.ts"

const scroll = byId("scroll", HTMLElement)
const list = byId("messages", HTMLOListElement)
const earlier = byId("earlier", HTMLButtonElement)
const toEnd = byId("to-end", HTMLButtonElement)

const nearEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80

/** The conversation on the page: messages by id, notices where they fell, and what is being said below. */
export const makeFeed = () => {
  const shown = new Map<number, HTMLElement>()
  let skippers: { readonly names: Set<string>; readonly item: HTMLElement } | null = null
  let follows = true

  const goToEnd = () => {
    // An empty room shows who is in it, and that is read from the top.
    scroll.scrollTop = shown.size === 0 ? 0 : scroll.scrollHeight
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

  const place = (message: Message) => {
    if (shown.has(message.id)) return false
    const item = render(message)
    const later = Array.from(shown.keys(), Number).filter((id) => id > message.id)
    const next = later.length > 0 ? shown.get(Math.min(...later)) : undefined
    list.insertBefore(item, next ?? null)
    shown.set(message.id, item)
    return true
  }

  return {
    drafts,
    goToEnd,
    isEmpty: () => shown.size === 0,
    oldest: () => (shown.size === 0 ? null : Math.min(...shown.keys())),

    clear() {
      shown.clear()
      skippers = null
      list.replaceChildren()
      earlier.hidden = true
      drafts.clear()
    },

    /** Puts a page of older messages on top without moving what is being read. */
    showPage(messages: ReadonlyArray<Message>, more: boolean) {
      const below = scroll.scrollHeight - scroll.scrollTop
      for (const message of messages) place(message)
      earlier.hidden = !more
      if (follows) goToEnd()
      else scroll.scrollTop = scroll.scrollHeight - below
    },

    add(message: Message) {
      if (message.agent_id !== null) drafts.settled(message.agent_id)
      if (!place(message)) return
      skippers = null
      settle()
      announce(heard(message))
    },

    notice(text: string, kind: "quiet" | "trouble" | "end") {
      skippers = null
      list.append(noticeItem(text, kind))
      settle()
      announce(text)
    },

    /** Skips that follow each other share one line. */
    skip(name: string) {
      const last = skippers ?? { names: new Set<string>(), item: h("li", { class: "notice", "data-kind": "quiet" }) }
      last.names.add(name)
      last.item.textContent = skipped([...last.names])
      if (skippers === null) list.append(last.item)
      skippers = last
      settle()
    }
  }
}

export type Feed = ReturnType<typeof makeFeed>
