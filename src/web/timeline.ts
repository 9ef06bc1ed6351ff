import { h, write } from "./dom.ts"
import { noticeItem, render } from "./message.ts"
import type { Message } from "./wire.ts"
import { words } from "./words.ts"

interface Entry {
  /** A message's; null for a notice. */
  readonly id: number | null
  readonly at: string
  readonly item: HTMLElement
  /** Set on a line that says who skipped. */
  readonly skippers: Set<string> | null
}

/** Messages keep the order of their ids; a notice stands behind what was said up to its time. */
const isAfter = (one: Entry, other: Entry) => {
  if (one.id !== null && other.id !== null) return one.id > other.id
  return one.at === other.at ? one.id === null && other.id !== null : one.at > other.at
}

/** The conversation in its order, whatever order it becomes known in. Everything is shown once. */
export const makeTimeline = (list: HTMLElement) => {
  let entries: ReadonlyArray<Entry> = []
  const known = new Set<string>()

  const isNew = (key: string) => known.size < known.add(key).size

  const placeOf = (entry: Entry) => entries.findLastIndex((other) => !isAfter(other, entry)) + 1

  const insert = (entry: Entry) => {
    const place = placeOf(entry)
    list.insertBefore(entry.item, entries[place]?.item ?? null)
    entries = entries.toSpliced(place, 0, entry)
  }

  /** What happens now comes after all that is shown. */
  const timeOf = (at: string | null) => at ?? entries.at(-1)?.at ?? ""

  return {
    /** Each of these answers whether it was new. */
    message(message: Message) {
      if (!isNew(`message ${message.id}`)) return false
      insert({ id: message.id, at: message.timestamp, item: render(message), skippers: null })
      return true
    },

    notice(key: string, text: string, kind: string, at: string | null) {
      if (!isNew(key)) return false
      insert({ id: null, at: timeOf(at), item: noticeItem(text, kind), skippers: null })
      return true
    },

    /** Skips that follow each other share one line. */
    skip(key: string, name: string, at: string | null) {
      if (!isNew(key)) return false
      const fresh: Entry = {
        id: null,
        at: timeOf(at),
        item: h("li", { class: "notice", "data-kind": "quiet" }),
        skippers: new Set()
      }
      const place = placeOf(fresh)
      const neighbour = [entries[place - 1], entries[place]].find((entry) => entry?.skippers)
      if (neighbour === undefined) insert(fresh)
      const { item, skippers } = neighbour ?? fresh
      skippers?.add(name)
      write(item, words.skipped([...(skippers ?? [])]))
      return true
    },

    itemOf: (id: number) => entries.find((entry) => entry.id === id)?.item ?? null,

    firstMessage: () => entries.find(({ id }) => id !== null),

    clear() {
      entries = []
      known.clear()
      list.replaceChildren()
    }
  }
}
